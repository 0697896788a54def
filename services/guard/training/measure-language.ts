import { detectLanguage, languages } from '@drover/shared/language'
import { readFileSync } from 'node:fs'
import type { EvalRow, Measured } from './measure.ts'

/** Sources that state no language: what their rows say is a guess. */
const guessed = new Set(['deepset-train', 'llm-warden', 'jailbreakllms', 'arena-hard-v0.1', 'latent-jailbreak'])

interface Spoken {
  readonly text: string
  readonly lang: string
}

/** Phrases of two words and more, as people begin a chat: `{"en": [phrase, …], …}`. */
const authoredPhrases = (): Spoken[] => {
  const file = new URL('authored/language.json', import.meta.url)
  const byLanguage = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, readonly string[]>>
  return Object.entries(byLanguage).flatMap(([lang, phrases]) => phrases.map(text => ({ text, lang })))
}

/** The first words of a row; handles, tags and numbers are none. */
const phraseOf = ({ text, lang }: EvalRow, words: number): Spoken[] => {
  const parts = text.split(/\s+/).filter(word => /^[^@#]*\p{L}/u.test(word))
  return parts.length < words ? [] : [{ text: parts.slice(0, words).join(' '), lang }]
}

/** The detection of a prompt's language, against the language each row is said to be in. */
export const measureLanguage = (rows: readonly EvalRow[]): Measured[] => {
  const known = rows.filter(row => (languages as readonly string[]).includes(row.lang) && !guessed.has(row.source))
  return [
    ...measureSet('authored phrases', authoredPhrases()),
    ...[2, 3, 4].flatMap(words =>
      measureSet(
        `first ${words} words`,
        known.flatMap(row => phraseOf(row, words)),
      ),
    ),
    ...measureSet('whole texts', known),
  ]
}

const measureSet = (set: string, spoken: readonly Spoken[]): Measured[] => {
  const results = spoken.map(({ text, lang }) => {
    const startedAt = performance.now()
    const detected = detectLanguage(text)
    return { lang, detected, us: (performance.now() - startedAt) * 1_000 }
  })
  return languages.flatMap(lang => {
    const own = results.filter(result => result.lang === lang)
    if (own.length === 0) return []
    const detected = results.filter(result => result.detected === lang)
    const right = own.filter(result => result.detected === lang).length
    return {
      scanner: 'language',
      direction: 'input',
      lang,
      set,
      rows: own.length,
      metrics: {
        rows: own.length,
        positives: own.length,
        precision: right / detected.length,
        recall: right / own.length,
        falsePositiveRate: (detected.length - right) / (results.length - own.length),
        auc: Number.NaN,
      },
      yesRate: detected.length / results.length,
      usPerText: own.map(({ us }) => us).sort((a, b) => a - b)[Math.floor(own.length / 2)] ?? Number.NaN,
      recallUnder: {},
    }
  })
}
