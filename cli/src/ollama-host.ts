import { isIPv6 } from 'node:net'

const ANSWER_TIMEOUT_MS = 500
const defaultPorts: Record<string, string> = { http: '80', https: '443' }

/**
 * The base URL that OLLAMA_HOST names, in Ollama's own syntax: a host, host:port, :port or URL; what is missing is
 * http, 127.0.0.1 and 11434, and a port that is none counts as missing. Undefined where no URL can be made of it.
 */
export const parseOllamaHost = (text = ''): string | undefined => {
  const value = text.trim().replaceAll(/^["']+|["']+$/g, '')
  const [scheme, rest] = value.includes('://') ? cut(value, '://') : [undefined, value]
  if (scheme !== undefined && defaultPorts[scheme] === undefined) return undefined
  const [hostAndPort, path] = cut(rest, '/')
  const { host, port } = splitHostAndPort(hostAndPort)
  const url = `${scheme ?? 'http'}://${reachable(host)}:${port ?? defaultPorts[scheme ?? ''] ?? '11434'}/${path}`
  return URL.parse(url)?.href.replace(/\/+$/, '')
}

const cut = (text: string, separator: string): [string, string] => {
  const at = text.indexOf(separator)
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

const splitHostAndPort = (text: string): { host: string; port: string | undefined } => {
  if (isIPv6(text)) return { host: `[${text}]`, port: undefined }
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(text)
  const port = match?.[2]
  const isPort = port !== undefined && /^\d{1,5}$/.test(port) && Number(port) <= 65_535
  return { host: match?.[1] ?? text, port: isPort ? port : undefined }
}

/** A server's "every interface" is no address to call. */
const reachable = (host: string): string => {
  if (host === '' || host === '0.0.0.0') return '127.0.0.1'
  return host === '[::]' ? '[::1]' : host
}

/** Whether an Ollama answers at `url` now. */
export const isOllama = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/api/version`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
    const body: unknown = await response.json()
    return response.ok && typeof body === 'object' && body !== null && 'version' in body
  } catch {
    return false
  }
}
