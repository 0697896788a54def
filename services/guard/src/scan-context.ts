import type { Side } from '@drover/shared/guard-rules'
import type { ScanContext } from './scanners/scanner.ts'

/** A request has used up what scanning it may take. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime'
}

/** @param budgetMs of time spent since then, so whoever reads a stream begins anew for each piece (`restart`). */
export const createContext = (direction: Side, budgetMs: number): ScanContext & { restart(): void } => {
  let deadline = performance.now() + budgetMs
  return {
    direction,
    tally: new Map(),
    checkTime() {
      if (performance.now() > deadline) throw new OutOfTime(`scanning took more than ${budgetMs} ms`)
    },
    restart() {
      deadline = performance.now() + budgetMs
    },
  }
}
