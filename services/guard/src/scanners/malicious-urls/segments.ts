import { inHost, isAlphanumeric, kindAt, kinds, separator, unspaced } from './characters.ts'
import { isTopLevel } from './top-level.ts'

/**
 * Text as segments, each of which is read for addresses by itself: an address is never in two of them. A segment ends
 * with white space or the like, and in scripts without spaces with every letter that can't belong to a host name.
 * Addresses in a stream need no other hold-back than the segment that is not complete.
 */

/** A longer run of characters is read in parts. */
export const segmentCharsMax = 2_048

/** What of a run must not be torn at that limit: the longest host with its scheme. */
const hostCharsMax = 300
const schemeCharsMax = 8
const lookAheadChars = 16

const blank = 0x20
const slash = 0x2f

/** Where the segment that begins at `from` ends, or -1 if that depends on what follows the text. */
export const segmentEnd = (text: string, from: number): number => {
  const limit = Math.min(text.length, from + segmentCharsMax)
  let hostFrom = text.startsWith('www.', from) ? from : -1
  for (let at = from; at < limit; at += 1) {
    const code = text.charCodeAt(at)
    switch (kinds[code]) {
      case inHost:
        break
      case separator: {
        const dotEnd = at > from && code === blank ? spacedDotEnd(text, at) : 0
        if (dotEnd < 0) return -1
        if (dotEnd === 0) return at + 1
        at = dotEnd - 1
        break
      }
      case unspaced:
        if (hostFrom < 0 || hostIsOver(text, hostFrom, at)) return Math.max(at, from + 1)
        break
      default:
        if (code === slash || code === 0xff_0f) {
          const isSecond = at > from && (text.charCodeAt(at - 1) | 0xff_00) === 0xff_2f
          hostFrom = isSecond ? at + 1 : -1
        } else if (code === 0x3f || code === 0x23) hostFrom = -1
    }
  }
  return text.length - from < segmentCharsMax + lookAheadChars ? -1 : partEnd(text, limit)
}

/** At an unspaced letter in a host: `http://例子.中国` goes on, `https://example.com是` is over. */
const hostIsOver = (text: string, hostFrom: number, at: number): boolean => {
  if (at === hostFrom) return false
  const before = text.slice(Math.max(hostFrom, at - 64), at)
  const labels = before.split(/[.\u3002\uFF0E\uFF61]/u)
  const label = labels.at(-1) as string
  return label.length > 63 || at - hostFrom > hostCharsMax || (labels.length > 1 && isTopLevel(label))
}

const brackets = new Map([
  ['[', ']'],
  ['(', ')'],
  ['{', '}'],
])

/**
 * Behind a blank at `at`: where `[.] ` of `evil [.] com` ends, 0 if it is none, -1 if that is not known yet.
 * `[dot]` too, in round and curly brackets too.
 */
const spacedDotEnd = (text: string, at: number): number => {
  if (!isAlphanumeric(text.charCodeAt(at - 1))) return 0
  const end = bracketDotEnd(text, at + 1)
  if (end <= 0) return end
  if (end === text.length) return -1
  return text.charCodeAt(end) === blank ? end + 1 : end
}

/** Where a defanged dot that begins at `at` ends, 0 if none begins there, -1 if the text ends within it. */
export const bracketDotEnd = (text: string, at: number): number => {
  if (at >= text.length) return -1
  const close = brackets.get(text[at] as string)
  if (close === undefined) return 0
  for (const dot of ['.', 'dot']) {
    const written = `${dot}${close}`
    const given = text.slice(at + 1, at + 1 + written.length).toLowerCase()
    if (given === written) return at + 1 + written.length
    if (at + 1 + given.length === text.length && written.startsWith(given)) return -1
  }
  return 0
}

/** A run that is too long, cut where no host is torn, and no scheme. */
const partEnd = (text: string, limit: number): number => {
  let at = limit
  while (at > limit - hostCharsMax && staysTogether(text, at - 1)) at -= 1
  if (at > limit - hostCharsMax) return at
  const scheme = text.slice(limit - hostCharsMax, limit + lookAheadChars).lastIndexOf('://')
  return scheme < 0 ? limit : Math.min(limit, limit - hostCharsMax + scheme - schemeCharsMax)
}

const staysTogether = (text: string, at: number): boolean =>
  kindAt(text, at) !== separator && (kindAt(text, at) !== 0 || '/:@%[]\\'.includes(text[at] as string))

/** The end of the last segment from `from` that is complete, or -1. */
export const lastSegmentEnd = (text: string, from: number): number => {
  let last = -1
  for (let end = segmentEnd(text, from); end >= 0; end = end < text.length ? segmentEnd(text, end) : -1) last = end
  return last
}
