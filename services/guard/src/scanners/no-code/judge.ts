import { linearModel } from '../../model/linear.ts'
import { shapeOf } from './shape.ts'

/** From here on something is code, for what is decided while more is to come. */
export const codeAt = 0.5

/** The certainty if there is more reason to expect code, by so many times (as a logarithm). */
export const withPrior = (certainty: number, prior: number): number => {
  const odds = (certainty / (1 - certainty)) * Math.exp(prior)
  return odds === Infinity ? 1 : odds / (1 + odds)
}

/** Lines repeat: closing brackets, rows of a table, and whatever somebody sends to keep a scanner busy. */
const rememberedMax = 256

const remembered = (judge: (text: string) => number): ((text: string) => number) => {
  const known = new Map<string, number>()
  return text => {
    const before = known.get(text)
    if (before !== undefined) return before
    const certainty = judge(text)
    if (known.size >= rememberedMax) known.clear()
    known.set(text, certainty)
    return certainty
  }
}

/** Brackets alone, lines across and smileys are no code by themselves. The last range is APL's. */
const content = /[\p{L}\p{N}\u2336-\u237a]/u

export const hasContent = (text: string): boolean => content.test(text)

const judge = (text: string, startsLine: boolean): number => {
  if (!hasContent(text)) return 0
  const shape = shapeOf(text, startsLine)
  return shape.signs === 0 ? 0 : linearModel('code').score(shape.text)
}

/** How certainly a line or a few are code. Nothing that only prose consists of gets as far as the model. */
export const certaintyOf = remembered(text => judge(text, true))

/** Of what is in the middle of a line. */
export const certaintyWithin = remembered(text => judge(text, false))

/** Of what stands where code is expected: words alone may be code there. */
export const certaintyInFence = remembered(text => linearModel('code').score(shapeOf(text).text))
