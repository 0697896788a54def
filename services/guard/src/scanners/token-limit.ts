import { createRequire } from 'node:module'
import type { TokenLimitSettings } from '@drover/shared/config/guard-schema'
import { wholeText } from '../streaming/pieces.ts'
import type { Subject } from '../text/subject.ts'
import type { Found, ScanContext, Scanner } from './scanner.ts'
import { partEnd } from './token-limit/part-end.ts'

const scanner = 'TokenLimit'
/** What the bytes of a request are added up as. */
const bytesName = `${scanner}.bytes`

/** What gpt-tokenizer has for each encoding. */
interface Encoding {
  encode(text: string, options: { disallowedSpecial: Set<string> }): number[]
  countTokens(text: string, options: { disallowedSpecial: Set<string> }): number
  decode(tokens: Iterable<number>): string
}

/** The tables of an encoding take 50 MB and 150 ms: only who limits tokens has them, and `import()` would be too late. */
const load = createRequire(import.meta.url)

/** `<|endoftext|>` in a message is text like any other. */
const asText = { disallowedSpecial: new Set<string>() }

const partsPerCheck = 64

/** How much of `part` its first tokens are, without the character that they end in the middle of. */
const beginning = (encoding: Encoding, part: string, tokensMax: number): number => {
  const tokens = encoding.encode(part, asText)
  const { length } = encoding.decode(tokens.slice(0, tokensMax))
  // The encoding keeps the bytes of a character that is not complete for the next call.
  encoding.decode(tokens.slice(tokensMax))
  return length
}

/** Counts the tokens of all texts of a request together; what is too much is one finding per text. */
export const tokenLimit = ({ tokensMax, encoding: name }: TokenLimitSettings): Scanner => {
  const encoding = load(`gpt-tokenizer/cjs/encoding/${name}`) as Encoding

  /** Texts of a request, by its tally, that were not counted yet. */
  const uncounted = new WeakMap<ScanContext['tally'], string[]>()

  /** Adds a text to the tally; tells the first character that is too much, or -1. */
  const add = (text: string, context: ScanContext): number => {
    let tokens = context.tally.get(scanner) ?? 0
    let parts = 0
    for (let from = 0; from < text.length;) {
      const to = partEnd(text, from)
      const part = text.slice(from, to)
      const more = encoding.countTokens(part, asText)
      if (tokens + more > tokensMax) {
        context.tally.set(scanner, tokensMax)
        return from + beginning(encoding, part, tokensMax - tokens)
      }
      tokens += more
      from = to
      if (++parts % partsPerCheck === 0) context.checkTime()
    }
    context.tally.set(scanner, tokens)
    return -1
  }

  const scan = ({ raw }: Subject, context: ScanContext): readonly Found[] => {
    if (raw === '') return []
    const { tally } = context
    const bytes = (tally.get(bytesName) ?? 0) + Buffer.byteLength(raw)
    tally.set(bytesName, bytes)
    const waiting = uncounted.get(tally) ?? []
    // A token has a byte or more: most requests end here, and nothing of them is counted.
    if (bytes <= tokensMax) {
      waiting.push(raw)
      uncounted.set(tally, waiting)
      return []
    }
    uncounted.delete(tally)
    for (const text of waiting) add(text, context)
    const over = add(raw, context)
    return over < 0 ? [] : [{ rule: 'tokens', start: over, end: raw.length, score: 1 }]
  }

  return { name: scanner, directions: ['input'], scan, stream: context => wholeText(scan, context) }
}
