import { tiers, wordsByTier, type Tier } from './words.ts'

/** Finds the words of `words.ts` in a folded text, in one pass: a tree of letters, entered where words begin. */

interface Node {
  readonly next: Map<number, Node>
  /** Bits of the tiers whose word ends here, as a whole word. */
  word: number
  /** The same for words that may go on. */
  prefix: number
}

const node = (): Node => ({ next: new Map(), word: 0, prefix: 0 })

const bitOf = (tier: Tier): number => 1 << tiers.indexOf(tier)

const anyEnding = '~'

const root = ((): Node => {
  const made = node()
  for (const tier of tiers) {
    for (const entry of wordsByTier[tier].flatMap(list =>
      list.split(',').map(word => word.trim().normalize('NFKC').toLowerCase()),
    )) {
      const open = entry.endsWith(anyEnding)
      let at = made
      for (const character of open ? entry.slice(0, -1) : entry) {
        const code = character.charCodeAt(0)
        const next = at.next.get(code) ?? node()
        at.next.set(code, next)
        at = next
      }
      if (open) at.prefix |= bitOf(tier)
      else at.word |= bitOf(tier)
    }
  }
  return made
})()

const between = 0
const letter = 1
/** Scripts that write no blanks between words, or hang endings and parts of words together. */
const anywhere = 2
/** Katakana: words are runs of it, as in カス, which is not in カスタム. */
const katakana = 4
/** Letters that Arabic writes at the beginning of a word without being part of it. */
const arabic = 3

const kinds = ((): Uint8Array => {
  const table = new Uint8Array(0x1_00_00)
  for (let code = 0; code < table.length; code += 1) {
    const character = String.fromCharCode(code)
    if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}\p{Script=Thai}]/u.test(character)) table[code] = anywhere
    else if (/[\p{Script=Katakana}ー]/u.test(character)) table[code] = katakana
    else if (/[وفبلكا]/.test(character)) table[code] = arabic
    else if (/[\p{L}\p{N}\p{M}_]/u.test(character)) table[code] = letter
  }
  return table
})()

/** Of و, ف, ب, ل, ك and the article together. */
const arabicPrefixMax = 4

/** Bits of the tiers that `folded` has a word of between `start` and `end`. */
export const tiersIn = (folded: string, start: number, end: number): number => {
  let found = 0
  let before = between
  let arabicPrefix = 0
  for (let at = start; at < end; at += 1) {
    const kind = kinds[folded.charCodeAt(at)] as number
    // Whatever begins with the same character once more was found from the first.
    const begins = kind === anywhere ? folded[at] !== folded[at - 1] : !sameWord(before, kind)
    if (kind !== between && (begins || (arabicPrefix > 0 && arabicPrefix <= arabicPrefixMax))) {
      found |= tiersAt(folded, at, end)
    }
    if (kind === arabic && (begins || arabicPrefix > 0)) arabicPrefix += 1
    else arabicPrefix = 0
    before = kind
  }
  return found
}

const sameWord = (one: number, other: number): boolean => {
  if (one === anywhere || other === anywhere || one === between || other === between) return false
  return (one === katakana) === (other === katakana)
}

/** Or each word of a run of one character would be read to the end of the run. */
const drawnOutMax = 16

const tiersAt = (folded: string, start: number, end: number): number => {
  let at = root
  let found = 0
  let previous = -1
  let drawnOut = 0
  for (let index = start; index < end; index += 1) {
    const code = folded.charCodeAt(index)
    const next = at.next.get(code)
    if (next === undefined) {
      // "fuuuck": a letter that is drawn out.
      drawnOut += 1
      if (code === previous && drawnOut <= drawnOutMax) continue
      break
    }
    at = next
    previous = code
    found |= at.prefix
    if (at.word !== 0 && endsAt(folded, index + 1, end, code)) found |= at.word
  }
  return found
}

const endsAt = (folded: string, index: number, end: number, last: number): boolean => {
  let after = index
  while (after < end && folded.charCodeAt(after) === last) after += 1
  return after >= end || !sameWord(kinds[last] as number, kinds[folded.charCodeAt(after)] as number)
}

const hasTier = (found: number, tier: Tier): boolean => (found & bitOf(tier)) !== 0

/** What kind of toxic a sentence is that the model takes for toxic: for people to read. */
export const classOf = (found: number): string => {
  const degrading = hasTier(found, 'slur') || hasTier(found, 'insult') || hasTier(found, 'vile')
  if (hasTier(found, 'threat')) return 'threat'
  if (hasTier(found, 'group') && degrading) return 'hate'
  if (hasTier(found, 'slur')) return 'obscene'
  return degrading ? 'insult' : 'toxic'
}

const marks: readonly (readonly string[])[] = Array.from({ length: 1 << tiers.length }, (_, found) => {
  const present = tiers.filter(tier => hasTier(found, tier))
  const pairs = present.flatMap((first, index) => present.slice(index + 1).map(second => `${first}+${second}`))
  return [...present, ...pairs]
})

/** Each tier, and each two together, as named features of the model. */
export const marksOf = (found: number): readonly string[] => marks[found] as readonly string[]
