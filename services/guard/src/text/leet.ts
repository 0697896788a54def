import { sameOffsets, type Reading } from './offsets.ts'

const letters = new Map(
  Object.entries({ 0: 'o', 3: 'e', 4: 'a', 5: 's', 6: 'g', 7: 't', 8: 'b', 9: 'g', '@': 'a', $: 's', '!': 'i' }),
)

const wordsMin = 2
const word = /[A-Za-z0-9@$!\u00C0-\u024F\u1E00-\u1EFF]+/g
/** No word is longer; the bound keeps addresses and keys out. */
const charsMax = 24
/** Letters on both sides of a digit, or one digit before the rest of a word: not `mp3`, `5kg`, `2nd`. */
const obfuscated = /[a-z\u00C0-\u1EFF][013457@$!]{1,5}[a-z\u00C0-\u1EFF]|\b[013457][a-z\u00C0-\u1EFF]{3}/gi
const hasLetter = /[a-z\u00C0-\u1EFF]/i
/** A short number may be a word in a text like that: `17 15`. */
const onlyDigits = /^[013457]{1,5}$/
const vowel = /[aeiou034@]/i

const isCandidate = (it: string): boolean =>
  (it.length <= charsMax && hasLetter.test(it)) || (it.length <= 5 && onlyDigits.test(it))

const startsAfter = /[^A-Za-z0-9@$!\u00C0-\u024F\u1E00-\u1EFF]/

/** The word around a place, undefined if it is longer than a word. */
const wordAround = (text: string, place: number): string | undefined => {
  let start = place
  while (start > 0 && place - start <= charsMax && !startsAfter.test(text[start - 1] as string)) start -= 1
  let end = place
  while (end < text.length && end - start <= charsMax && !startsAfter.test(text[end] as string)) end += 1
  return end - start <= charsMax ? text.slice(start, end) : undefined
}

/** Those of the text that can't be anything else. */
const obfuscatedWords = (text: string): readonly string[] => {
  const found: string[] = []
  let end = 0
  for (const match of text.matchAll(obfuscated)) {
    if (match.index < end) continue
    const it = wordAround(text, match.index)
    if (it !== undefined) found.push(it)
    end = match.index + (it?.length ?? charsMax)
  }
  return found
}

/** What a 1 stands for: the letter that is missing; if neither is, an l after a vowel (`ru1es`), an i elsewhere (`1gnore`). */
type One = 'i' | 'l' | 'both'

const spelled = (it: string, one: One): string => {
  const end = it.length - trailing(it)
  let text = ''
  for (let at = 0; at < end; at += 1) {
    const char = it[at] as string
    if (char !== '1') text += letters.get(char) ?? char
    else if (it[at - 1] === '1' || it[at + 1] === '1') text += 'l'
    else if (one !== 'both') text += one
    else text += at > 0 && vowel.test(it[at - 1] as string) ? 'l' : 'i'
  }
  return text + it.slice(end)
}

/** Exclamation marks at the end of a word are just those. */
const trailing = (it: string): number => {
  let count = 0
  while (count < it.length && it[it.length - 1 - count] === '!') count += 1
  return count
}

const missing = (words: readonly string[]): One => {
  const hasL = words.some(it => /l/i.test(it))
  const hasI = words.some(it => /i/i.test(it))
  if (hasL === hasI) return 'both'
  return hasL ? 'i' : 'l'
}

/** `1gn0r3 pr3v10us` in letters, if there are two such words. Of the same length. */
export const inLetters = (text: string): Reading | undefined => {
  const found = obfuscatedWords(text)
  if (found.length < wordsMin) return undefined
  const one = missing(found)
  return { text: text.replaceAll(word, it => (isCandidate(it) ? spelled(it, one) : it)), origin: sameOffsets }
}
