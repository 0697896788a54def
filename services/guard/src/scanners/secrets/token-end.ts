import type { Cut } from '../../streaming/pieces.ts'
import { isLetter, isQuote, isUpper, isWhite } from './characters.ts'
import { blockEnd } from './private-key.ts'

/** What a rule may want to see before the token it is about. */
export const lookBehindChars = 300

/** Longer tokens are cut: what holds back an answer must end. */
const tokenCharsMax = 4096
/** Longer ones are no words. */
const wordCharsMax = 18
/** Shorter tokens are no secret. */
const secretCharsMin = 4

/**
 * Neither white space nor quotes nor writing without spaces is inside of a secret. Invisible characters, full-width
 * and mathematical letters may be: they are read as what they look like.
 */
const isTokenCharacter = (code: number): boolean => {
  if (code < 0x80) return code > 0x20 && !isQuote(code) && code !== 0x7f
  if (code < 0x0e00) return !isWhite(code)
  if (code >= 0x2000 && code < 0x2070)
    return code > 0x200a && code !== 0x2028 && code !== 0x2029 && (code < 0x2010 || code > 0x2027) && code !== 0x202f
  return (
    (code >= 0xfe00 && code < 0xfe10) ||
    code === 0xfeff ||
    (code > 0xff00 && code < 0xff5f) ||
    (code >= 0xd800 && code < 0xe000)
  )
}

/** How a key in lines begins; nothing shorter is held back for it. */
const begin = '-----BEGIN'

/**
 * Where the token that begins at `from` ends, the character after it included; a private key is one token, whatever
 * is in it. Looks at each character of a stream once.
 */
export const tokenCut = (): Cut => {
  /** How far the token that has not ended was read. */
  let readChars = 0

  return (text, from) => {
    const limit = Math.min(text.length, from + tokenCharsMax)
    let at = from + readChars
    readChars = 0
    while (at < limit && isTokenCharacter(text.charCodeAt(at))) {
      if (text.charCodeAt(at) !== 0x2d || !begin.startsWith(text.slice(at, at + begin.length))) at++
      else if (at + begin.length > text.length) break
      else {
        const end = blockEnd(text, at)
        if (end > 0) return end
        if (end < 0) break
        at += begin.length
      }
    }
    if (at < limit && !isTokenCharacter(text.charCodeAt(at))) return at + 1
    if (at === from + tokenCharsMax) return at
    readChars = at - from
    return -1
  }
}

/** Words are no secret; but one between quotes may be a password. */
export const mayEndInSecret = (text: string): boolean => {
  const last = text.length - 1
  let at = isTokenCharacter(text.charCodeAt(last)) ? last : last - 1
  const end = at
  let plain = true
  let cases = 0
  for (; at >= 0 && isTokenCharacter(text.charCodeAt(at)); at--) {
    const code = text.charCodeAt(at)
    if (isUpper(code)) cases++
    // A point or comma after a word, or a capital at its beginning, makes it no other.
    if (!isLetter(code) && !(code >= 0xc0 && code < 0x2000) && at < end) plain = false
    if (end - at > wordCharsMax) return true
  }
  if (end - at < secretCharsMin) return false
  return !plain || cases > 1 || isQuote(text.charCodeAt(at))
}
