/** Leaves a host alone for longer and longer while it fails, and for a moment while it is full. */
export interface Breaker {
  readonly failures: number
  readonly busies: number
  /** Nothing is pulled for the host before this time (ms, `performance.now()`). */
  readonly closedUntilMs: number
}

export const closedBreaker: Breaker = { failures: 0, busies: 0, closedUntilMs: 0 }

const failurePauseMs = { first: 500, max: 15_000 }
const busyPauseMs = { first: 100, max: 2_000 }

const pauseMs = (times: number, range: { first: number; max: number }): number =>
  Math.min(range.first * 2 ** (times - 1), range.max)

/** One failed request: the first pause is short, because one failure may be the request's own bad luck. */
export const afterFailure = (breaker: Breaker, nowMs: number): Breaker => ({
  failures: breaker.failures + 1,
  busies: 0,
  closedUntilMs: nowMs + pauseMs(breaker.failures + 1, failurePauseMs),
})

/** "server busy": back-pressure. The host is well, it only has no room. */
export const afterBusy = (breaker: Breaker, nowMs: number): Breaker => ({
  failures: breaker.failures,
  busies: breaker.busies + 1,
  closedUntilMs: nowMs + pauseMs(breaker.busies + 1, busyPauseMs),
})
