/** Where a text that comes piece by piece is cut: at the end of a line, or, in a long one, of a sentence. */

/** From so many characters on, the end of a sentence will do. */
const sentenceCharsMin = 80
export const segmentCharsMax = 320

const newline = 0x0a
const blank = 0x20
const stops = new Set(Array.from('.!?', each => each.charCodeAt(0)))
/** Those of scripts that put no blank after them. */
const wideStops = new Set(Array.from('。！？।', each => each.charCodeAt(0)))

/**
 * Where the segment that begins at `from` ends (exclusive), or -1 while that is open. Decided by the characters before
 * the end alone. `scanned`: up to where an earlier call has found none.
 */
export const segmentEnd = (text: string, from: number, scanned: number): number => {
  const last = Math.min(text.length, from + segmentCharsMax)
  for (let at = Math.max(from, scanned); at < last; at += 1) {
    const code = text.charCodeAt(at)
    if (code === newline) return at + 1
    if (at - from < sentenceCharsMin) continue
    if (wideStops.has(code)) return at + 1
    if (code === blank && stops.has(text.charCodeAt(at - 1))) return at + 1
  }
  return last === from + segmentCharsMax ? last : -1
}

/** Of a whole text. */
export const segmentsOf = (text: string): string[] => {
  const segments: string[] = []
  for (let from = 0; from < text.length;) {
    const end = segmentEnd(text, from, from)
    const to = end < 0 ? text.length : end
    segments.push(text.slice(from, to))
    from = to
  }
  return segments
}
