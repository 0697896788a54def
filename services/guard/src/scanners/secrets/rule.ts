import type { Found } from '../scanner.ts'

/** Looks at each place where one of its keywords occurs. In time bounded by a constant per place. */
export interface Rule {
  /** In lower case. */
  readonly keywords: readonly string[]
  /** `start` and `end` of the keyword, which may be in any case. */
  at(scan: TextScan, start: number, end: number): void
}

/** How many tries a pattern has in 64 characters: what keeps a text full of its keyword linear. */
const triesMax = 4
const blockBits = 6
/** A text with more is nothing but secrets. */
const foundMax = 4_096

/** One text on its way past all rules. */
export class TextScan {
  readonly text: string
  /** End of the last block of lines that was taken as a whole. */
  coveredUntil = 0
  /** End of what was found last. */
  foundUntil = 0
  readonly #found: Found[] = []
  readonly #tries = new Map<object, { block: number; tries: number }>()
  readonly #runs = new Map<object, { start: number; end: number }>()
  /** What is left to do once the keywords are known, by what wants it. */
  readonly windows = new Map<object, { start: number; end: number }[]>()

  constructor(text: string) {
    this.text = text
  }

  /** Whether the pattern has a try left around here. */
  mayTry(pattern: object, at: number, max = triesMax): boolean {
    const block = at >>> blockBits
    const known = this.#tries.get(pattern)
    if (!known) this.#tries.set(pattern, { block, tries: 1 })
    else if (known.block !== block) {
      known.block = block
      known.tries = 1
    } else return known.tries++ < max
    return true
  }

  /** End of the run of characters of a table that begins at `from` or earlier. Looks at each character once. */
  runEnd(table: Uint8Array, from: number): number {
    const known = this.#runs.get(table)
    if (known && known.start <= from && from <= known.end) return known.end
    const { text } = this
    let end = from
    while (end < text.length) {
      const code = text.charCodeAt(end)
      if (code > 0x7f || table[code] === 0) break
      end++
    }
    this.#runs.set(table, { start: from, end })
    return end
  }

  /** Nothing is left to look for. */
  get isFull(): boolean {
    return this.#found.length >= foundMax
  }

  report(rule: string, start: number, end: number, score: number): void {
    if (end <= start || this.isFull) return
    this.#found.push({ rule, start, end, score })
    if (end > this.foundUntil) this.foundUntil = end
    if (this.isFull) this.#found[foundMax - 1] = { rule, start, end: this.text.length, score: 1 }
  }

  /** In the order of their starts, those that overlap as one, by the name of the surest. */
  found(): Found[] {
    const merged: Found[] = []
    for (const each of this.#found.sort((a, b) => a.start - b.start || b.score - a.score)) {
      const last = merged.at(-1)
      if (!last || each.start >= last.end) {
        merged.push(each)
        continue
      }
      const { rule, score } = each.score > last.score ? each : last
      merged[merged.length - 1] = { rule, score, start: last.start, end: Math.max(last.end, each.end) }
    }
    return merged
  }
}
