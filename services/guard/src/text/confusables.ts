import * as character from './characters.ts'
import { fromCyrillic, latinOf } from './look-alikes.ts'
import { createRewriter } from './offsets.ts'

/** By local names: under vitest, each use of an imported one is a call, which a loop over a megabyte feels. */
const { alphabetic, classAt, latin, lookAlike, partOfWord } = character

const lettersMin = 3
/** No word is longer. */
const lettersMax = 256

/**
 * A word with letters of two alphabets is read in the one it was meant in: `ignоre` with a Cyrillic о in Latin, `игнoрируй` with a
 * Latin o in Cyrillic. A word that is at home in neither (`iPhoneы`) stays, and so does a word of one alphabet, unless the whole
 * text is in Latin letters and look-alikes. Of the same length.
 */
export const foldConfusables = (text: string): string => {
  const rewriter = createRewriter(text)
  const isLatin = isLatinThroughout(text)
  for (let at = 0; at < text.length;) {
    const end = wordEnd(text, at)
    const letters = alphabetOf(text, at, end, isLatin)
    for (; at < end; at += 1) {
      const letter = letters?.get(text.charCodeAt(at))
      if (letter !== undefined) rewriter.replace(at, at + 1, letter)
    }
    at += 1
  }
  return rewriter.finish().text
}

const wordEnd = (text: string, from: number): number => {
  let at = from
  while (at < text.length && classAt(text, at) & partOfWord) at += 1
  return at
}

/** Every letter of another alphabet is a look-alike, and they are fewer: no text in Russian or Greek is like that. */
const isLatinThroughout = (text: string): boolean => {
  let latins = 0
  let others = 0
  for (let at = 0; at < text.length; at += 1) {
    const kind = classAt(text, at)
    if (kind & latin) latins += 1
    else if (kind & alphabetic) {
      if (!latinOf.has(text.charCodeAt(at))) return false
      others += 1
    }
  }
  return latins > others
}

/** What the letters of a word are read as, if it has some that are not what they seem. */
const alphabetOf = (
  text: string,
  start: number,
  end: number,
  isLatin: boolean,
): ReadonlyMap<number, string> | undefined => {
  let latins = 0
  let others = 0
  let likeLatin = true
  let likeCyrillic = !isLatin
  for (let at = start; at < end; at += 1) {
    const kind = classAt(text, at)
    const code = text.charCodeAt(at)
    if (kind & latin) {
      latins += 1
      likeCyrillic &&= fromCyrillic.has(code)
    } else if (kind & (alphabetic | lookAlike)) {
      others += 1
      likeLatin &&= latinOf.has(code)
      likeCyrillic &&= code >= 0x04_00 && code <= 0x05_2f
    }
  }
  const letters = latins + others
  if (others === 0 || letters > lettersMax) return undefined
  if (isLatin) return latinOf
  if (letters < lettersMin) return undefined
  if (latins > 0 && others >= latins && likeCyrillic) return fromCyrillic
  // Small capitals belong to no language's words, so a word of nothing else counts as well.
  const isStylised = latins > 0 || (classAt(text, start) & lookAlike) !== 0
  return likeLatin && isStylised ? latinOf : undefined
}
