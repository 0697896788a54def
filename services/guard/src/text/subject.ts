import { detectLanguage, type Language } from '@drover/shared/language'
import { viewsOf, type View } from './views.ts'

/** A text as scanners see it. What several of them need is worked out once, when the first one asks. */
export class Subject {
  readonly raw: string
  #language: Language | undefined
  #views: readonly View[] | undefined

  constructor(raw: string) {
    this.raw = raw
  }

  get language(): Language {
    return (this.#language ??= detectLanguage(this.raw))
  }

  /** How else it can be read; the first is the normal view. */
  get views(): readonly View[] {
    return (this.#views ??= viewsOf(this.raw))
  }

  /** Without invisible characters, in NFKC, in one script per word. Mostly the same string as `raw`. */
  get normal(): View {
    return this.views[0] as View
  }
}
