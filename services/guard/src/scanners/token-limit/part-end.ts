import { isDigit, isWhite } from '../secrets/characters.ts'

/** What is encoded at once. */
const partCharsMax = 2_048
/** The encoding of a run that is one piece to the tokenizer takes time with the square of its length. */
const runCharsMax = 256

/** Runs of one kind are never longer than a piece of the tokenizer: 0 white, 1 letters, 2 digits, 3 others. */
const kindOf = (code: number): number => {
  if (isWhite(code)) return 0
  if (isDigit(code)) return 2
  const letter = code | 0x20
  return (letter >= 0x61 && letter <= 0x7a) ||
    (code > 0x7f &&
      !(code >= 0x2000 && code < 0x2070) &&
      !(code >= 0x3000 && code < 0x3030) &&
      !(code >= 0xff00 && code < 0xff20))
    ? 1
    : 3
}

const isSplitPair = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  const before = text.charCodeAt(at - 1)
  return code >= 0xdc00 && code < 0xe000 && before >= 0xd800 && before < 0xdc00
}

/**
 * Where the part that begins at `from` ends. Tokens of the parts are those of the text, as it ends before a space that
 * is the first; unless there is none, or a run of more than 256 characters: then it may count a few too many.
 */
export const partEnd = (text: string, from: number): number => {
  const limit = Math.min(text.length, from + partCharsMax)
  let safe = -1
  let run = 0
  let last = -1
  for (let at = from; at < limit; at++) {
    const code = text.charCodeAt(at)
    const kind = kindOf(code)
    run = kind === last ? run + 1 : 1
    if (run > runCharsMax) return isSplitPair(text, at) ? at - 1 : at
    if (code === 0x20 && last > 0) safe = at
    last = kind
  }
  if (limit === text.length) return limit
  if (safe > 0) return safe
  return isSplitPair(text, limit) ? limit - 1 : limit
}
