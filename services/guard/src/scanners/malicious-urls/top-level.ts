import { parse } from 'tldts'

export interface Registered {
  /** What somebody has registered, or got from a platform (`me.github.io`). */
  readonly domain: string
  readonly suffix: string
  /** What is before `domain`, or ''. */
  readonly subdomain: string
  /** The suffix is a platform's, below which anybody can have a name. */
  readonly platform: boolean
}

const options = { allowPrivateDomains: true, validateHostname: false, extractHostname: false, detectIp: false }

/** Undefined unless the host ends in a real public suffix and has something before it. */
export const registered = (host: string): Registered | undefined => {
  const { domain, publicSuffix, subdomain, isIcann, isPrivate } = parse(host, options)
  if (!domain || !publicSuffix || !(isIcann || isPrivate)) return undefined
  return { domain, suffix: publicSuffix, subdomain: subdomain ?? '', platform: isPrivate === true }
}

const known = new Map<string, boolean>()
const knownMax = 4_096

/** Whether there is a top-level domain of that name. Remembered: text is full of words that are none. */
export const isTopLevel = (label: string): boolean => {
  if (label.length < 2 || label.length > 63) return false
  const name = label.toLowerCase()
  let is = known.get(name)
  if (is === undefined) {
    is = parse(`a.${name}`, options).isIcann === true
    if (known.size >= knownMax) known.clear()
    known.set(name, is)
  }
  return is
}
