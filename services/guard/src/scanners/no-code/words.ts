import { blank, digit, foreign, lower, newline, upper } from './cursor.ts'
import { keywordTokens, tokens } from './tokens.ts'
import { codeWords, commands, keywords, plainCommands } from './vocabulary.ts'

/** Which token a word is. */

/** What a word is made of: bits by class, and those of what may be inside. */
export const made = {
  lower: 1 << lower,
  upper: 1 << upper,
  digit: 1 << digit,
  foreign: 1 << foreign,
  underscore: 1 << blank,
  hyphen: 1 << newline,
  /** A capital after a small letter. */
  hump: 1,
} as const

interface WordPlace {
  readonly commanding: boolean
  /** Whether it is the first of its line. */
  readonly first: boolean
}

const knownCharsMax = 16

/** Token of a word in lower case. */
const vocabulary = ((): ReadonlyMap<string, number> => {
  const map = new Map<string, number>()
  for (const word of codeWords) map.set(word, tokens.codeWord)
  for (const [index, word] of keywords.entries()) map.set(word, keywordTokens.lower + index)
  return map
})()

/** The token times 2, plus 1 if it is a sign of code: a number, for it is asked for every word. */
export const wordToken = (text: string, start: number, end: number, bits: number, place: WordPlace): number => {
  if (bits & made.foreign) return tokens.foreign * 2
  const small = (bits & made.lower) !== 0
  const capital = (bits & made.upper) !== 0
  if (bits & made.underscore) return (small || !capital ? tokens.snake : tokens.upperSnake) * 2 + 1
  if (end - start <= knownCharsMax) {
    const known = knownToken(text.slice(start, end), small, capital, place)
    if (known !== 0) return known
  }
  if (bits & made.hyphen) return (capital ? (small ? tokens.kebabCapital : tokens.kebabUpper) : tokens.kebab) * 2
  if (bits & made.hump) return tokens.camel * 2 + 1
  if (bits & made.digit) return tokens.withDigits * 2
  if (end - start === 1 && !capital && text.charCodeAt(start) !== 0x61) return tokens.letter * 2
  if (!capital || end - start === 1) return tokens.word * 2
  return (small ? tokens.wordCapital : tokens.wordUpper) * 2
}

/** 0 for what is not in the vocabulary. */
const knownToken = (word: string, small: boolean, capital: boolean, place: WordPlace): number => {
  if (place.commanding && !capital && commands.has(word))
    return (plainCommands.has(word) ? tokens.plainCommand : tokens.command) * 2 + 1
  const found = vocabulary.get(capital ? word.toLowerCase() : word)
  if (found === undefined) return 0
  if (found === tokens.codeWord)
    return (capital ? (small ? tokens.codeWordCapital : tokens.codeWordUpper) : found) * 2 + 1
  if (!capital) return found * 2 + (place.first ? 1 : 0)
  const index = found - keywordTokens.lower
  return small || word.length === 1 ? (keywordTokens.capital + index) * 2 : (keywordTokens.upper + index) * 2 + 1
}
