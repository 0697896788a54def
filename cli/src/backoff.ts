const FIRST_MS = 200
const LONGEST_MS = 10_000
/** A process that lived this long was well: its next death starts from the beginning. */
const WELL_AFTER_MS = 30_000

/**
 * How long to wait before the next start.
 * @param previousMs the wait before the start that just ended, undefined if it was the first.
 */
export const nextDelayMs = (previousMs: number | undefined, aliveMs: number): number =>
  previousMs === undefined || aliveMs >= WELL_AFTER_MS ? FIRST_MS : Math.min(previousMs * 2, LONGEST_MS)
