import type { Config } from '@drover/shared/config/schema'
import { banSubstrings } from './ban-substrings.ts'
import type { Scanner } from './scanner.ts'

type Settings = Config['guard']['input']['settings']
export type ScannerName = Config['guard']['input']['scanners'][number]

/** Every scanner there is. A new one is a file, a line here, and its settings in the configuration's schema. */
export const scanners = {
  BanSubstrings: banSubstrings,
} as const satisfies { readonly [N in ScannerName]: (settings: NonNullable<Settings[N]>) => Scanner }
