/** One benchmark: a file in `suites/` and a line in `main.ts`. */
export interface Suite {
  /** One line for the usage text. */
  readonly summary: string
  /** Options and their defaults, for the usage text. */
  readonly usage: string
  /** Resolves to what goes to stdout. Throws `UsageError` before anything is started. */
  readonly run: (args: readonly string[], context: BenchContext) => Promise<string>
}

interface BenchContext {
  readonly env: NodeJS.ProcessEnv
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  /** A line about how far it is, on stderr. */
  readonly progress: (line: string) => void
}

export class UsageError extends Error {}
