import type { Config } from '@drover/shared/config/schema'

/** Which sides of a request are scanned. */
export const guarded = ({ guard }: Config): { input: boolean; output: boolean } => ({
  input: guard.enabled && guard.input.scanners.length > 0,
  output: guard.enabled && guard.output.scanners.length > 0,
})

export const needsGuard = (config: Config): boolean => Object.values(guarded(config)).some(Boolean)
