import type { Cut } from '../../streaming/pieces.ts'

/** A stream is held back for a sentence, but not for more than this. */
const sentenceCharsMax = 400

/** Less says too little to be judged by itself: it goes with what follows. */
const sentenceCharsMin = 24

/** In scripts that need few characters. */
const denseCharsMin = 8

const isEnd = (code: number): boolean =>
  code === 0x2e || code === 0x21 || code === 0x3f || code === 0x2026 || code === 0x061f

const isFullStop = (code: number): boolean => code === 0x3002 || code === 0xff01 || code === 0xff1f || code === 0xff0e

const newline = 0x0a
const isBlank = (code: number): boolean => code === 0x20 || code === newline || code === 0x09 || code === 0x0d

/** Where the sentence that begins at `from` ends: with the blank after its full stop. */
export const sentenceEnd: Cut = (text, from) => {
  const last = Math.min(text.length, from + sentenceCharsMax)
  let blank = -1
  for (let at = from; at < last; at += 1) {
    const code = text.charCodeAt(at)
    const chars = at + 1 - from
    if (isFullStop(code) && chars >= denseCharsMin) return at + 1
    if (!isBlank(code)) continue
    if (chars >= sentenceCharsMin && (code === newline || isEnd(text.charCodeAt(at - 1)))) return at + 1
    blank = at
  }
  if (last - from < sentenceCharsMax) return -1
  return blank > from + sentenceCharsMax / 2 ? blank + 1 : from + sentenceCharsMax
}

/** A whole text, as a stream of it would be cut. */
export const sentencesOf = (text: string): string[] => {
  const found: string[] = []
  for (let start = 0; start < text.length;) {
    const cut = sentenceEnd(text, start)
    const end = cut === -1 ? text.length : cut
    found.push(text.slice(start, end))
    start = end
  }
  return found
}
