import { textOfUnits, withRoomFor } from './code-units.ts'

/** Where the parts of a rewritten text come from. */

export interface Range {
  readonly start: number
  readonly end: number
}

export type Origin = (start: number, end: number) => Range

/** A text made from another, and which part of that an extract of it comes from. */
export interface Reading {
  readonly text: string
  readonly origin: Origin
}

export const sameOffsets: Origin = (start, end) => ({ start, end })

/** First `inner`, then `outer`: an extract of a rewritten rewritten text. */
export const through = (outer: Origin, inner: Origin): Origin => {
  if (outer === sameOffsets) return inner
  if (inner === sameOffsets) return outer
  return (start, end) => {
    const between = inner(start, end)
    return outer(between.start, between.end)
  }
}

/** Where it begins in the rewritten text, where in the source, and where it ends there. */
const numbersPerSpan = 3

/** Kept between texts: 5 µs of allocation for an ordinary one. Whoever uses them takes them away until then. */
interface Buffers {
  readonly units: Uint16Array
  readonly spans: Uint32Array
}

const keptUnitsMax = 65_536
let buffers: Buffers | undefined

const takeBuffers = (length: number): Buffers => {
  const kept = buffers
  buffers = undefined
  return kept && kept.units.length >= length
    ? kept
    : { units: new Uint16Array(Math.max(length, 4096)), spans: new Uint32Array(256 * numbersPerSpan) }
}

/**
 * Rewrites a text from front to back, remembering spans: stretches that were kept, or replaced. In a span as long as what it came
 * from, units answer to each other; of any other, a part comes from the whole.
 */
export const createRewriter = (source: string) => {
  let { units, spans } = takeBuffers(source.length)
  let length = 0
  let size = 0
  let at = 0
  /** Whether the last span has units that answer to each other, and may go on. */
  let even = false

  const span = (end: number, partLength: number): void => {
    const isEven = partLength === end - at
    if (isEven && even && spans[size - 1] === at) spans[size - 1] = end
    else {
      if (size === spans.length) spans = withRoomFor(spans, size + numbersPerSpan)
      spans[size] = length - partLength
      spans[size + 1] = at
      spans[size + 2] = end
      size += numbersPerSpan
    }
    even = isEven
    at = end
  }

  const write = (text: string, start: number, end: number): void => {
    if (length + end - start > units.length) units = withRoomFor(units, length + end - start)
    for (let from = start; from < end; from += 1) units[length++] = text.charCodeAt(from)
  }

  const keepTo = (until: number): void => {
    if (until <= at) return
    write(source, at, until)
    span(until, until - at)
  }

  return {
    /** From `start` to `end` the source reads as `part`. Ranges come in order and don't overlap. */
    replace(start: number, end: number, part: string): void {
      keepTo(start)
      if (part === '') at = end
      else {
        write(part, 0, part.length)
        span(end, part.length)
      }
    },
    /** The rest of the source is kept. */
    finish(): Reading {
      keepTo(source.length)
      if (units.length <= keptUnitsMax) buffers = { units, spans }
      return { text: textOfUnits(units, length), origin: originBySpans(spans.slice(0, size), length, source.length) }
    },
  }
}

const originBySpans = (spans: Uint32Array, length: number, sourceLength: number): Origin => {
  const last = spans.length / numbersPerSpan - 1
  const field = (index: number, number: number): number => spans[index * numbersPerSpan + number] as number

  /** The last span that begins at or before a place. */
  const spanAt = (place: number): number => {
    let low = 0
    let high = last
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (field(middle, 0) <= place) low = middle
      else high = middle - 1
    }
    return low
  }

  const unitAt = (place: number): Range => {
    const index = spanAt(place)
    const [target, start, end] = [field(index, 0), field(index, 1), field(index, 2)]
    const next = index === last ? length : field(index + 1, 0)
    const unit = start + place - target
    return next - target === end - start ? { start: unit, end: unit + 1 } : { start, end }
  }

  return (start, end) => {
    if (start >= length) return { start: sourceLength, end: sourceLength }
    const first = unitAt(start).start
    return { start: first, end: end > start ? unitAt(Math.min(end, length) - 1).end : first }
  }
}
