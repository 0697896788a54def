import { closest, distance } from 'fastest-levenshtein'

/** `slots_max` and `slotsMax` are the same word to whoever mixes them up. */
const fold = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '')

/** "; did you mean `slots`?", or '' where nothing is near enough to be worth guessing. */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const candidates = known.slice(0, 200)
  if (candidates.length === 0 || word.length > 80) return ''
  const folded = fold(word)
  const near = closest(folded, candidates.map(fold))
  const candidate = candidates.find(candidate => fold(candidate) === near)
  const isNear = distance(folded, near) <= Math.floor((Math.min(folded.length, near.length) + 1) / 3)
  return candidate !== undefined && isNear ? `; did you mean \`${candidate}\`?` : ''
}
