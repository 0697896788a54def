import type { ToxicitySettings } from '@drover/shared/config/guard-schema'
import { linearModel } from '../model/linear.ts'
import { pieces } from '../streaming/pieces.ts'
import type { View } from '../text/views.ts'
import type { Found, ScanContext, Scanner } from './scanner.ts'
import { classOf, marksOf, tiersIn } from './toxicity/lexicon.ts'
import { sentenceEnd } from './toxicity/sentences.ts'

/**
 * Hateful, insulting or obscene sentences. A small model over the n-grams of a sentence and the tone of its words
 * (`toxicity/words.ts`) judges each by itself: long answers that speak soberly of ugly things have none.
 */

/** Less is not worth telling. */
const scoreMin = 0.2

/** A text is judged by its worst sentences; there is no use in telling thousands. */
const foundMax = 100

/** How many sentences are judged between two looks at the clock. */
const sentencesPerLook = 64

/** Its settings (threshold and action) are the policy's. */
export const toxicity = (_settings: ToxicitySettings): Scanner => {
  const scan: Scanner['scan'] = (subject, context) => worst(subject.views.flatMap(view => inView(view, context)))
  return {
    name: 'Toxicity',
    directions: ['input', 'output'],
    scan,
    stream: context => pieces(scan, context, { cut: sentenceEnd }),
  }
}

const inView = (view: View, context: ScanContext): Found[] => {
  const { folded } = view
  const model = linearModel('toxicity')
  const found: Found[] = []
  let sentences = 0
  for (let start = 0; start < folded.length;) {
    const cut = sentenceEnd(folded, start)
    const end = cut === -1 ? folded.length : cut
    const tone = tiersIn(folded, start, end)
    const score = model.score(folded.slice(start, end), marksOf(tone))
    if (score >= scoreMin) found.push({ rule: classOf(tone), ...view.origin(start, end), score })
    sentences += 1
    if (sentences % sentencesPerLook === 0) context.checkTime()
    start = end
  }
  return found
}

const worst = (found: Found[]): Found[] =>
  found.length <= foundMax ? found : found.sort((a, b) => b.score - a.score).slice(0, foundMax)
