import { readFileSync } from 'node:fs'

/** The lines of a list: without comments (`#`), white space and empty ones. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map(line => line.replace(/(?:^|\s)#.*/, '').trim())
    .filter(line => line !== '')

export const shippedLines = (name: string): string[] => linesOf(readFileSync(new URL(name, import.meta.url), 'utf8'))

/** Domains, each with all below it. */
export class DomainList {
  readonly #domains: ReadonlySet<string>

  constructor(domains: Iterable<string>) {
    this.#domains = new Set(domains)
  }

  /** Which of them `host` is, or is below. The longest, if there are several. */
  covering(host: string): string | undefined {
    for (let at = 0; ;) {
      const domain = host.slice(at)
      if (this.#domains.has(domain)) return domain
      at = host.indexOf('.', at) + 1
      if (at === 0) return undefined
    }
  }
}
