import { domainToASCII } from 'node:url'

/** An Internet address in any of the forms that browsers read. */
export interface IpHost {
  readonly kind: 'ip'
  /** As it is mostly written. */
  readonly host: string
  /** Within a machine or a network of one's own. */
  readonly local: boolean
  /** As one number, in octal or hexadecimal: nobody writes that who does not hide something. */
  readonly disguised: boolean
}

export interface NamedHost {
  readonly kind: 'name'
  /** In lower case, in ASCII (punycode), without a dot at its end. */
  readonly host: string
  /** As it is shown, in lower case. */
  readonly shown: string
}

export type Host = IpHost | NamedHost

export const hostCharsMax = 253

const dots = /[\u3002\uFF0E\uFF61]/gu
const invisible = /[\p{Cf}\uFE00-\uFE0F]/gu
const asciiOnly = /^[\u0021-\u007E]*$/u
const labelsOnly = /^[\w-]{1,63}(?:\.[\w-]{1,63})*$/
const numeric = /^(?:0x[\da-f]*|\d+)(?:\.(?:0x[\da-f]*|\d+)){0,3}$/

/** Undefined where it is no host at all. `written` may be percent-encoded, in any script, with dots of any. */
export const hostOf = (written: string): Host | undefined => {
  if (written.length > hostCharsMax * 3) return undefined
  const shown = decoded(written).normalize('NFKC').replace(invisible, '').replace(dots, '.').toLowerCase()
  const trimmed = shown.replace(/\.$/, '')
  if (trimmed === '' || trimmed.length > hostCharsMax) return undefined
  if (numeric.test(trimmed)) return ipv4Of(trimmed)
  const host = asciiOnly.test(trimmed) ? trimmed : domainToASCII(trimmed)
  if (!labelsOnly.test(host)) return undefined
  return { kind: 'name', host, shown: trimmed }
}

const decoded = (written: string): string => {
  if (!written.includes('%')) return written
  try {
    return decodeURIComponent(written)
  } catch {
    return written
  }
}

const numberOf = (part: string): number => {
  if (part.startsWith('0x')) return part === '0x' ? 0 : Number.parseInt(part.slice(2), 16)
  if (part.length > 1 && part.startsWith('0')) return /^[0-7]+$/.test(part) ? Number.parseInt(part, 8) : Number.NaN
  return Number(part)
}

/** As WHATWG's URL standard reads it: one to four numbers, the last one fills what is left. */
const ipv4Of = (written: string): IpHost | undefined => {
  const numbers = written.split('.').map(numberOf)
  const last = numbers.pop() as number
  if (!(last < 256 ** (4 - numbers.length)) || numbers.some(each => !(each <= 255))) return undefined
  const value = numbers.reduce((sum, each, at) => sum + each * 256 ** (3 - at), last)
  const bytes = [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256)
  const host = bytes.join('.')
  return { kind: 'ip', host, local: isLocal(bytes as Bytes), disguised: host !== written }
}

type Bytes = [number, number, number, number]

/** Loopback, private, link-local, shared, for documents, multicast. */
const isLocal = ([a, b, c]: Bytes): boolean =>
  a === 0 ||
  a === 10 ||
  a === 127 ||
  a >= 224 ||
  (a === 100 && b >= 64 && b < 128) ||
  (a === 169 && b === 254) ||
  (a === 172 && b >= 16 && b < 32) ||
  (a === 192 && (b === 168 || (b === 0 && c === 2))) ||
  (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) ||
  (a === 203 && b === 0 && c === 113) ||
  // What examples say: 1.1.1.1 and 8.8.8.8 answer questions about names; 1.2.3.4 is nobody's in particular.
  (a === b && b === c) ||
  (a === 1 && b === 2 && c === 3)

/** What is between brackets. */
export const ipv6Of = (written: string): IpHost | undefined => {
  const host = written.toLowerCase()
  if (!/^[\da-f:.]{2,45}$/.test(host) || !host.includes(':')) return undefined
  const mapped = /^::ffff:([\d.]+)$/.exec(host)?.[1]
  if (mapped !== undefined) {
    const ip = ipv4Of(mapped)
    return ip && { ...ip, disguised: true }
  }
  return { kind: 'ip', host: `[${host}]`, local: /^(?:::1?$|f[cde]|2001:0?db8)/.test(host), disguised: false }
}
