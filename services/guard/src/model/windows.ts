import type { Features } from './features.ts'

/** From which to which feature (exclusive), and the characters these begin in. */
export type VisitWindow = (from: number, to: number, start: number, end: number) => void

/** How much of a window the next one has again: two thirds. */
const stepsPerWindow = 3

/**
 * The windows of the text that `features` has read from `start` to `end`; the last one ends with the text. One linear
 * pass. Short texts are one window.
 */
export const eachWindow = (features: Features, start: number, end: number, visit: VisitWindow): void => {
  const { offsets, count, spec } = features
  const { windowChars } = spec
  if (end - start <= windowChars) {
    visit(0, count, start, end)
    return
  }
  const step = Math.max(1, Math.floor(windowChars / stepsPerWindow))
  let from = 0
  let to = 0
  for (let begin = start; ; begin += step) {
    begin = Math.min(begin, end - windowChars)
    const stop = begin + windowChars
    while (from < count && (offsets[from] as number) < begin) from += 1
    while (to < count && (offsets[to] as number) < stop) to += 1
    visit(from, to, begin, stop)
    if (stop >= end) return
  }
}
