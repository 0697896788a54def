import type { Found } from '../scanners/scanner.ts'

/** What one chunk has decided. */
export interface Decided {
  /** Offset into the whole text: no finding that is not told by now will touch what lies before it. Never falls. */
  readonly settled: number
  /** In the order of their starts; each is told once. Offsets are into the whole text. */
  readonly found: readonly Found[]
}

/**
 * One scanner over one field of one stream. What it finds, and where, must not depend on how the text was cut into
 * chunks; how soon it is settled may not depend on it either, but for the chunk it comes with.
 */
export interface Detector {
  push(chunk: string): Decided
  /** The text is complete: everything is settled. */
  end(): Decided
}
