import type { GroupLoad } from './load.ts'

/** Until anything was measured: an answer of a few seconds, the same everywhere, so that no host is preferred. */
export const serviceMsAssumed = 5_000

/**
 * How long a job of the group is expected to hold a slot of this host, ms, its load not counted.
 * @param meanTokens of the group's jobs over all hosts (`meanTokens`): lengths belong to the requests, speed to the host.
 */
export const expectedServiceMs = (load: Pick<GroupLoad, 'speed'>, meanTokens: number | undefined): number | undefined =>
  load.speed === undefined
    ? undefined
    : load.speed.firstTokenMs + Math.max(0, (meanTokens ?? load.speed.tokens) - 1) * load.speed.tokenMs

/** Output tokens of a job of the group, over all hosts that have measured it. */
export const meanTokens = (loads: readonly Pick<GroupLoad, 'speed'>[]): number | undefined => {
  const measured = loads.flatMap(load => load.speed?.tokens ?? [])
  return measured.length === 0 ? undefined : measured.reduce((sum, tokens) => sum + tokens, 0) / measured.length
}
