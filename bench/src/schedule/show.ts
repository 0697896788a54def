import type { Row } from '../table.ts'

/** One claim about the scheduler, shown on real processes. */
export interface Show {
  readonly title: string
  readonly run: (context: ShowContext) => Promise<ShowResult>
}

export interface ShowContext {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
  /** How long a measured run of one variant lasts. */
  readonly seconds: number
  /** In percent of what the hosts can do. */
  readonly loads: readonly number[]
  readonly seed: number
}

export interface ShowResult {
  /** What was set up, in one line. */
  readonly setup: string
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  readonly checks: readonly Check[]
}

export interface Check {
  readonly what: string
  readonly measured: number
  readonly target: { readonly atMost: number } | { readonly atLeast: number }
  /** Behind the number. */
  readonly unit?: string
}

export const isMet = ({ measured, target }: Check): boolean =>
  'atMost' in target ? measured <= target.atMost : measured >= target.atLeast
