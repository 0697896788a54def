/** What a text looks like, whatever its language. */

export interface Structure {
  /** Number of the sentence a place is in: grows with every end of a sentence and every line. */
  readonly sentences: Uint32Array
  /** Odd: inside quotation marks of that line. */
  readonly quotes: Uint8Array
  /** Sentence-like lines between the rows of a table. */
  readonly strays: readonly { readonly start: number; readonly end: number }[]
}

const newline = 0x0a
/** By character: 1 ends a sentence, 2 opens or closes a quotation. */
const kinds = new Uint8Array(0x1_00_00)
for (const character of Array.from('\n.!?。！？؟।')) kinds[character.charCodeAt(0)] = 1
for (const character of Array.from('"“”„«»「」『』‘`')) kinds[character.charCodeAt(0)] = 2

const wordsMin = 3
const lettersOfOne = /\p{L}/u

const hasManyWords = (line: string): boolean => {
  const text = line.slice(0, 400)
  if (!lettersOfOne.test(text)) return false
  return (
    text.split(/\s+/u, wordsMin + 1).length > wordsMin ||
    /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]{6}/u.test(text)
  )
}

const rowsMin = 2

/** A table has no gaps: a sentence between its rows has been put there. */
const strayLines = (text: string): Structure['strays'] => {
  if (!text.includes('|')) return []
  const strays: { start: number; end: number }[] = []
  let rows = 0
  let stray: { start: number; end: number } | undefined
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    const line = text.slice(start, Math.min(end, start + 400))
    if (line.includes('|')) {
      rows++
      if (stray !== undefined && hasManyWords(text.slice(stray.start, stray.end))) strays.push(stray)
      stray = undefined
    } else if (line.trim() !== '') {
      stray = rows >= rowsMin && stray === undefined ? { start, end } : undefined
      if (stray === undefined) rows = 0
    }
    start = end + 1
  }
  return strays
}

export const structureOf = (text: string): Structure => {
  const sentences = new Uint32Array(text.length + 1)
  const quotes = new Uint8Array(text.length + 1)
  let sentence = 0
  let quote = 0
  for (let at = 0; at < text.length; at++) {
    sentences[at] = sentence
    const code = text.charCodeAt(at)
    const kind = kinds[code] as number
    if (kind === 1) sentence++
    if (code === newline) quote = 0
    else if (kind === 2) quote++
    quotes[at] = quote & 1
  }
  sentences[text.length] = sentence
  return { sentences, quotes, strays: strayLines(text) }
}
