import type { Route, Target } from './client.ts'
import { ollama } from './wire.ts'

/**
 * What no gateway can beat by much: one queue in the load's own process, nothing in between, and every slot known exactly.
 * First come first served, and the fastest host with a free slot takes it.
 */

export interface IdealHost {
  readonly url: string
  readonly slots: number
  readonly tokenMs: number
}

export const idealQueue = (hosts: readonly IdealHost[]): Target => {
  const fastestFirst = hosts
    .toSorted((a, b) => a.tokenMs - b.tokenMs)
    .map(host => ({ url: host.url, free: host.slots }))
  const waiting = new Set<(route: Route) => void>()

  const routeTo = (host: (typeof fastestFirst)[number]): Route => ({
    url: host.url,
    [Symbol.dispose]: () => {
      const [next] = waiting
      if (next === undefined) host.free++
      else {
        waiting.delete(next)
        next(routeTo(host))
      }
    },
  })

  return {
    name: 'ideal',
    wire: ollama,
    route(signal) {
      const host = fastestFirst.find(({ free }) => free > 0)
      if (host !== undefined) {
        host.free--
        return routeTo(host)
      }
      return turn(waiting, signal)
    },
  }
}

const turn = async (waiting: Set<(route: Route) => void>, signal: AbortSignal): Promise<Route> => {
  const { promise, resolve, reject } = Promise.withResolvers<Route>()
  waiting.add(resolve)
  const abort = (): void => {
    // A slot already handed over stays with this request, which then gives it back.
    if (waiting.delete(resolve)) reject(signal.reason)
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
