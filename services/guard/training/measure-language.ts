import { detectLanguage, languages } from '@drover/shared/language'
import type { EvalRow, Measured } from './measure.ts'

/** Sources that state no language: what their rows say is a guess. */
const guessed = new Set(['deepset-train', 'llm-warden', 'jailbreakllms', 'arena-hard-v0.1', 'latent-jailbreak'])

/** The detection of a prompt's language, against the language each row is said to be in. */
export const measureLanguage = (rows: readonly EvalRow[]): Measured[] => {
  const known = rows.filter(row => (languages as readonly string[]).includes(row.lang) && !guessed.has(row.source))
  const results = known.map(row => {
    const startedAt = performance.now()
    const detected = detectLanguage(row.text)
    return { lang: row.lang, detected, us: (performance.now() - startedAt) * 1_000 }
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
      set: 'all',
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
