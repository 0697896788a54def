import { setTimeout as delay } from 'node:timers/promises'
import { HostFailure } from './host-failure.ts'

/** Doubled each time. */
const pauseMs = { first: 100, max: 2_000 } as const

/**
 * Asks a host for many things, a slice of them at a time, in their order. That it has no room for the first is for the
 * caller to know, who can go elsewhere; later ones wait until it has, because half an answer is of no use to anybody.
 * Throws as `ask`, or for what `signal` says.
 */
export async function* inSlices<T>(
  inputs: readonly string[],
  sizeMax: number,
  signal: AbortSignal,
  ask: (slice: readonly string[]) => Promise<T>,
): AsyncGenerator<T> {
  for (let from = 0; from < inputs.length; from += sizeMax) {
    signal.throwIfAborted()
    const slice = inputs.slice(from, from + sizeMax)
    yield from === 0 ? await ask(slice) : await whenThereIsRoom(() => ask(slice), signal)
  }
}

const whenThereIsRoom = async <T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  for (let waitMs: number = pauseMs.first; ; waitMs = Math.min(2 * waitMs, pauseMs.max)) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof HostFailure) || error.kind !== 'busy') throw error
    }
    await delay(waitMs, undefined, { signal })
  }
}
