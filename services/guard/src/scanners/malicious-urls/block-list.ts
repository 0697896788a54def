import { readFileSync, statSync } from 'node:fs'
import type { Address } from './address.ts'
import { DomainList, linesOf } from './domain-list.ts'
import { hostOf } from './host.ts'

/** The file is looked at once a second at most, and only while something is scanned. */
const lookEveryMs = 1_000

const fileBytesMax = 256 * 1_048_576

interface Blocked {
  readonly domains: DomainList
  /** Host and path without a scheme: `evil.com/login`. */
  readonly addresses: ReadonlySet<string>
}

/** The operator's own list of domains and addresses, read again when the file changes. */
export class BlockList {
  readonly #file: string
  readonly #nowMs: () => number
  #blocked: Blocked
  #version: string
  #lookedAtMs: number

  /** Throws when the file can't be read. */
  constructor(file: string, nowMs: () => number = () => performance.now()) {
    this.#file = file
    this.#nowMs = nowMs
    try {
      this.#version = versionOf(file)
      this.#blocked = read(file)
    } catch (error) {
      throw new Error(`MaliciousURLs: blockListFile ${file} can't be read: ${(error as Error).message}`, {
        cause: error,
      })
    }
    this.#lookedAtMs = nowMs()
  }

  has(address: Address): boolean {
    this.#look()
    const { host } = address.host
    return this.#blocked.domains.covering(host) !== undefined || this.#hasAddress(host, address)
  }

  /** An entry without a query stands for every query; one with a path for that path alone. */
  #hasAddress(host: string, { port, rest }: Address): boolean {
    const { addresses } = this.#blocked
    if (addresses.size === 0) return false
    const path = rest.replace(/#.*$/s, '')
    const withPort = port === '' ? host : `${host}:${port}`
    return [path, path.replace(/\?.*$/s, '')].some(each => addresses.has(keyOf(withPort, each)))
  }

  /** A file that is gone or half written keeps what was read last. */
  #look(): void {
    const now = this.#nowMs()
    if (now - this.#lookedAtMs < lookEveryMs) return
    this.#lookedAtMs = now
    try {
      const version = versionOf(this.#file)
      if (version === this.#version) return
      this.#blocked = read(this.#file)
      this.#version = version
    } catch {
      // Tried again when somebody scans after `lookEveryMs`.
    }
  }
}

const versionOf = (file: string): string => {
  const { mtimeMs, size, ino } = statSync(file)
  if (size > fileBytesMax) throw new Error(`it has ${size} bytes, of ${fileBytesMax} at most`)
  return `${mtimeMs} ${size} ${ino}`
}

const keyOf = (host: string, path: string): string => `${host}${path.replace(/\/+$/, '')}`

const entry = /^(?:[a-z]{2,10}:\/\/)?(?:\*\.)?([^/?#:]+)(:\d{1,5})?([/?].*)?$/i

const read = (file: string): Blocked => {
  const domains: string[] = []
  const addresses = new Set<string>()
  for (const line of linesOf(readFileSync(file, 'utf8'))) {
    // `0.0.0.0 evil.com`, as in files of hosts.
    const written = /^(?:0\.0\.0\.0|127\.0\.0\.1)\s/.test(line) ? line.replace(/^\S+\s+/, '') : line
    const [, name = '', port = '', path = ''] = entry.exec(written.replaceAll('[.]', '.')) ?? []
    const host = hostOf(name)?.host
    if (host === undefined) continue
    if (port === '' && (path === '' || path === '/')) domains.push(host)
    else addresses.add(keyOf(`${host}${port}`, path.replace(/#.*$/, '')))
  }
  return { domains: new DomainList(domains), addresses }
}
