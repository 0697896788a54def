/** The written forms of Arabic words: what is glued in front of them, and how hurried writers spell them. */

/** A hamza left out, `ة` as `ه`, `ى` as `ي`: each on its own and together. */
const sloppiness: readonly (readonly [RegExp, string])[] = [
  [/[أإآ]/gu, 'ا'],
  [/ة/gu, 'ه'],
  [/ى/gu, 'ي'],
]

const spellings = (phrase: string): readonly string[] =>
  sloppiness.reduce<readonly string[]>(
    (found, [letter, written]) => [...new Set([...found, ...found.map(each => each.replaceAll(letter, written))])],
    [phrase],
  )

const conjunctions = ['', 'و', 'ف']
const prepositions = ['', 'ب', 'ل', 'ك', 'ال', 'بال', 'لل', 'كال']
const clitics = conjunctions.flatMap(conjunction => prepositions.map(preposition => conjunction + preposition))

/** From here on a word with anything in front is still the word: `*تعليمات`; `*سر` would be half the dictionary. */
const unmistakableLetters = 5

/** As they stand. */
export const phrases = (...list: readonly string[]): readonly string[] => list.flatMap(spellings)

/** Also after "and", which Arabic writes together with what follows. */
export const clauses = (...list: readonly string[]): readonly string[] =>
  list.flatMap(clause => conjunctions.flatMap(conjunction => spellings(conjunction + clause)))

/** Imperatives, and what follows "you must", "it has to": `اكشف`, `تكشف`, `يكشف`. */
export const imperatives = (...list: readonly string[]): readonly string[] => [
  ...clauses(...list),
  ...phrases(...list.flatMap(verb => ['ت', 'ي'].map(person => person + verb.replace(/^[اأإ]/u, '')))),
]

/** Nouns, with or without article, preposition and "and". */
export const nouns = (...list: readonly string[]): readonly string[] =>
  list.flatMap(noun =>
    spellings(noun).flatMap(spelling =>
      noun.replace('*', '').length >= unmistakableLetters ? [`*${spelling}`] : clitics.map(clitic => clitic + spelling),
    ),
  )
