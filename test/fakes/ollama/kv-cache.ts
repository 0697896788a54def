/**
 * What the slots of one loaded model still have of the text they read and wrote, as Ollama's runner keeps it: a request gets the free slot
 * that shares the longest beginning with it, and only the rest has to be read. In characters, where a runner counts tokens.
 */

export interface CacheSlot extends Disposable {
  /** Characters of the prompt that need no reading. */
  readonly cachedChars: number
  /** What the slot holds from now on: the prompt, and what was said to it so far. */
  remember(text: string): void
}

interface Remembered {
  text: string
  inUse: boolean
  /** Order of last use: among slots that share nothing, the one idle longest is overwritten. */
  usedAt: number
}

export class KvCache {
  readonly #slots: Remembered[]
  #uses = 0

  constructor(slots: number) {
    this.#slots = Array.from({ length: slots }, () => ({ text: '', inUse: false, usedAt: 0 }))
  }

  /** The caller holds a permit for one of the slots, so that one of them is free. */
  take(prompt: string): CacheSlot {
    let best: Remembered | undefined
    let cachedChars = 0
    for (const slot of this.#slots) {
      if (slot.inUse) continue
      const shared = sharedChars(slot.text, prompt)
      const isBetter = shared > cachedChars || (shared === cachedChars && slot.usedAt < (best?.usedAt ?? Infinity))
      if (best !== undefined && !isBetter) continue
      best = slot
      cachedChars = shared
    }
    if (best === undefined) throw new Error('no slot is free')
    const slot = best
    slot.inUse = true
    slot.usedAt = ++this.#uses
    slot.text = slot.text.slice(0, cachedChars)
    return {
      cachedChars,
      remember: text => void (slot.text = text),
      [Symbol.dispose]: () => void (slot.inUse = false),
    }
  }
}

const sharedChars = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  let at = 0
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  return at
}
