import { conceptHits, languages, type ConceptHit } from './concept-hits.ts'
import { familyOf, type Family } from './family.ts'
import { marksOf } from './marks.ts'
import { patternHits, type PatternHit } from './patterns.ts'
import { structureOf, type Structure } from './structure.ts'

/** What is known of a window before the model judges it. */
export interface Reading {
  readonly hits: readonly ConceptHit[]
  readonly patterns: readonly PatternHit[]
  readonly structure: Structure
  /** Into `markNames`. */
  readonly marks: readonly number[]
  readonly family: Family
}

/** A language with fewer characters in hits, in comparison with the one that has most, is there by chance. */
const shareMin = 0.4
/** Words of it are in texts of all languages. */
const english = 1 << languages.indexOf('en')

/** Without hits in languages that the text is not in: Italian `di` is a word of Indonesian. */
const inItsLanguages = (hits: readonly ConceptHit[]): readonly ConceptHit[] => {
  // All in one language, as mostly.
  if (hits.reduce((common, { spoken }) => common & spoken, -1) !== 0) return hits
  const chars = new Float64Array(languages.length)
  for (const { spoken, start, end } of hits) {
    for (let left = spoken & ~english; left !== 0; left &= left - 1) {
      const language = 31 - Math.clz32(left & -left)
      chars[language] = (chars[language] as number) + end - start
    }
  }
  const most = Math.max(...chars)
  const here = chars.reduce(
    (bits, each, language) => (each >= most * shareMin ? bits | (1 << language) : bits),
    english,
  )
  return hits.filter(({ spoken }) => (spoken & here) !== 0)
}

export const readingOf = (folded: string): Reading => {
  const hits = inItsLanguages(conceptHits(folded))
  const structure = structureOf(folded)
  const patterns = patternHits(hits, structure)
  const marks = marksOf(folded, hits, patterns, structure)
  return { hits, patterns, structure, marks, family: familyOf(folded, hits) }
}
