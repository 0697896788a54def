import { PhraseAutomaton, type Phrase } from '../../text/phrase-automaton.ts'
import { ar } from './openings/ar.ts'
import { de } from './openings/de.ts'
import { en } from './openings/en.ts'
import { es } from './openings/es.ts'
import { fr } from './openings/fr.ts'
import { hi } from './openings/hi.ts'
import { id } from './openings/id.ts'
import { it } from './openings/it.ts'
import { ja } from './openings/ja.ts'
import { ko } from './openings/ko.ts'
import type { Openings } from './openings/openings.ts'
import { pt } from './openings/pt.ts'
import { ru } from './openings/ru.ts'
import { th } from './openings/th.ts'
import { tr } from './openings/tr.ts'
import { vi } from './openings/vi.ts'
import { zh } from './openings/zh.ts'

/** The phrases of all languages, looked for at once: a language need not be known. */

export type OpeningClass = keyof Openings

const languages: readonly Openings[] = [ar, de, en, es, fr, hi, id, it, ja, ko, pt, ru, th, tr, vi, zh]

const classNames = ['apology', 'unable', 'identity', 'policy'] as const satisfies readonly OpeningClass[]

/** Scripts that don't separate words. */
const unseparated = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

interface OpeningPhrases {
  readonly automaton: PhraseAutomaton
  /** The class of each phrase. */
  readonly classes: readonly OpeningClass[]
}

let built: OpeningPhrases | undefined

/** Made when it is first asked for: it takes 0.4 s. */
export const openingPhrases = (): OpeningPhrases => (built ??= build())

const build = (): OpeningPhrases => {
  const entries = classNames.flatMap(name => {
    // As the normal view has them: NFKC takes a Thai vowel apart.
    const texts = new Set(
      languages.flatMap(openings => openings[name].map(text => text.toLowerCase().normalize('NFKC'))),
    )
    return [...texts].map(text => ({ name, phrase: { text, anywhere: unseparated.test(text) } satisfies Phrase }))
  })
  return {
    automaton: new PhraseAutomaton(entries.map(({ phrase }) => phrase)),
    classes: entries.map(({ name }) => name),
  }
}
