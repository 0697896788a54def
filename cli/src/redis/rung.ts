import type { ChildSpec } from '../child.ts'

/** A way to have a Redis: its address, the process to run for it if any, and how to call it in front of people. */
export interface Rung {
  url: string
  label: string
  child?: ChildSpec
  /** What the operator must know. */
  warnings: string[]
}

export type RungResult = { ok: true; rung: Rung } | { ok: false; reason: string }
