import type { Subject } from '../../text/subject.ts'
import type { View } from '../../text/views.ts'
import type { Found } from '../scanner.ts'
import type { InjectionModel } from './model.ts'
import { readingOf } from './reading.ts'
import { windowsOf } from './windows.ts'

/** What is less certain is not worth telling. */
const toldFrom = 0.1

/** In a hidden reading a few concepts are chance: rot13 of anything has a word or two. */
const hiddenHitsMin = 3

/** Added to the log odds where the text had been hidden: nobody encodes a harmless sentence of this kind. */
const hiddenOdds = 1

const certainty = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds))

/** Of each rule and reading, the place that is most certain. */
class Findings {
  readonly #best = new Map<string, Found>()

  tell(found: Found): void {
    const known = this.#best.get(found.rule)
    if (found.score >= toldFrom && (known === undefined || found.score > known.score)) this.#best.set(found.rule, found)
  }

  get all(): readonly Found[] {
    return [...this.#best.values()]
  }
}

const scanView = (model: InjectionModel, view: View, checkTime: () => void): readonly Found[] => {
  const findings = new Findings()
  const hidden = view.kind !== 'normal'
  const windows = windowsOf(view.folded)
  model.read(view.folded, windows)
  for (const [index, window] of windows.entries()) {
    checkTime()
    const folded = view.folded.slice(window.start, window.end)
    const reading = readingOf(folded)
    const { hits, patterns } = reading
    if (hidden && hits.length < hiddenHitsMin) continue
    const logOdds = model.logOdds(index, reading) + (hidden ? hiddenOdds : 0)
    const tell = (rule: string, start: number, end: number, odds: number): void =>
      findings.tell({ rule, score: certainty(odds), ...view.origin(window.start + start, window.start + end) })
    for (const { id, start, end, odds } of patterns) tell(id, start, end, logOdds + odds)
    tell('model', 0, folded.length, logOdds)
  }
  return findings.all
}

export const scanInjection = (model: InjectionModel, subject: Subject, checkTime: () => void): readonly Found[] =>
  subject.views.flatMap(view => scanView(model, view, checkTime))

/** How certain the scanner is of a text as a whole: for who wants to know what it is not sure of. */
export const certaintyOf = (found: readonly Found[]): number =>
  found.reduce((most, { score }) => Math.max(most, score), 0)
