import type { Found } from '../scanner.ts'
import { certaintyOf, withPrior } from './judge.ts'

/** Code within a line of prose: `npm install left-pad`. The name of something is none: `useState`, `config.yaml`. */

const backtick = 0x60
/** A command or a statement has something after its first word. */
const spanCharsMin = 6
/** Technical prose is full of spans. */
const prior = -0.5

/** In a segment that begins at `base` of the whole text. */
export const codeSpans = (segment: string, base: number): Found[] => {
  const found: Found[] = []
  for (let at = segment.indexOf('`'); at >= 0;) {
    let open = at
    while (segment.charCodeAt(open) === backtick) open += 1
    const close = segment.indexOf(segment.slice(at, open), open)
    if (close < 0) break
    const stop = close + open - at
    const content = segment.slice(open, close).trim()
    if (content.length >= spanCharsMin && /\S\s\S|;$/.test(content)) {
      found.push({ rule: 'inline', start: base + at, end: base + stop, score: withPrior(certaintyOf(content), prior) })
    }
    at = segment.indexOf('`', stop)
  }
  return found
}
