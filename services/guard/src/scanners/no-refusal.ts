import type { NoRefusalSettings } from '@drover/shared/config/guard-schema'
import { linearModel } from '../model/linear.ts'
import { isClear, OpeningDetector } from './no-refusal/opening-detector.ts'
import { openingCharsMax, openingOf } from './no-refusal/opening.ts'
import { openingPhrases } from './no-refusal/phrases.ts'
import type { Found, Scanner } from './scanner.ts'

/** What is not worth telling. */
const leastScore = 0.2

/** Answers that refuse. Told by how they begin: phrases of many languages and a small model of the first sentences. */
export const noRefusal = (_settings: NoRefusalSettings): Scanner => {
  // Now, and not with the first answer.
  openingPhrases()
  linearModel('refusal')
  return {
    name: 'NoRefusal',
    directions: ['output'],
    scan({ raw }) {
      const opening = raw.slice(0, openingCharsMax)
      const found = isClear(opening) ? undefined : judge(opening)
      return found ? [found] : []
    },
    stream: () => new OpeningDetector(judge),
  }
}

const judge = (opening: string): Found | undefined => {
  if (opening.trim() === '') return undefined
  const { text, marks } = openingOf(opening)
  const score = linearModel('refusal').score(text, marks)
  return score < leastScore ? undefined : { rule: 'opening', start: 0, end: opening.length, score }
}
