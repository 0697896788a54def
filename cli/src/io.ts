/** What a command may touch of the process it runs in. `out` and `err` print a text and end the line. */
export interface Io {
  env: NodeJS.ProcessEnv
  cwd: string
  out(text: string): void
  err(text: string): void
  /** Whether colours are welcome: a terminal, and no NO_COLOR. */
  style: boolean
}
