import type { Lexicon } from './concepts.ts'
import { ar } from './lexicon/ar.ts'
import { de } from './lexicon/de.ts'
import { en } from './lexicon/en.ts'
import { es } from './lexicon/es.ts'
import { fr } from './lexicon/fr.ts'
import { hi } from './lexicon/hi.ts'
import { tr } from './lexicon/tr.ts'
import { th } from './lexicon/th.ts'
import { id } from './lexicon/id.ts'
import { it } from './lexicon/it.ts'
import { ja } from './lexicon/ja.ts'
import { ko } from './lexicon/ko.ts'
import { pt } from './lexicon/pt.ts'
import { ru } from './lexicon/ru.ts'
import { vi } from './lexicon/vi.ts'
import { zh } from './lexicon/zh.ts'

/** One line per language. */
export const lexicons: Readonly<Record<string, Lexicon>> = {
  en,
  zh,
  vi,
  ja,
  ko,
  ru,
  ar,
  de,
  es,
  fr,
  pt,
  it,
  id,
  th,
  tr,
  hi,
}
