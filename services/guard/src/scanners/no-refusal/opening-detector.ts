import type { Decided, Detector } from '../../streaming/detector.ts'
import type { Found } from '../scanner.ts'
import { beginsWithStructure, clearAfterChars, hasSign, openingCharsMax, structureChars } from './opening.ts'

/**
 * Holds the beginning of an answer until it is known whether it refuses; nothing after that. When that is depends on
 * the text alone: see `isClear`.
 */
export class OpeningDetector implements Detector {
  readonly #judge: (opening: string) => Found | undefined
  #opening = ''
  #length = 0
  #open = true

  constructor(judge: (opening: string) => Found | undefined) {
    this.#judge = judge
  }

  push(chunk: string): Decided {
    this.#length += chunk.length
    if (!this.#open) return { settled: this.#length, found: [] }
    const before = this.#opening.length
    this.#opening += chunk
    if (isClear(this.#opening, before)) return this.#close([])
    return this.#opening.length < openingCharsMax ? { settled: 0, found: [] } : this.#decide()
  }

  end(): Decided {
    return this.#open ? this.#decide() : { settled: this.#length, found: [] }
  }

  #decide(): Decided {
    const found = this.#judge(this.#opening.slice(0, openingCharsMax))
    return this.#close(found ? [found] : [])
  }

  #close(found: readonly Found[]): Decided {
    this.#open = false
    this.#opening = ''
    return { settled: this.#length, found }
  }
}

/** Whether the first characters alone tell that there will be no refusal. `checked`: how many were already seen. */
export const isClear = (opening: string, checked = 0): boolean => {
  if (checked < structureChars && opening.length >= structureChars && beginsWithStructure(opening)) return true
  return checked < clearAfterChars && opening.length >= clearAfterChars && !hasSign(opening.slice(0, clearAfterChars))
}
