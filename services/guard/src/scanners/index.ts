import type { ScannerName } from '@drover/shared/guard-rules'
import { banSubstrings } from './ban-substrings.ts'
import type { Scanner } from './scanner.ts'

/** Every scanner there is. A new one is a file, a line here, and its settings in the configuration's schema. */
const scanners: Readonly<Record<string, (settings: never) => Scanner>> = {
  BanSubstrings: banSubstrings,
}

/** @param settings as the schema of that scanner has them. Throws on settings that can't be kept. */
export const createScanner = (name: ScannerName, settings: object): Scanner => {
  const create = scanners[name]
  if (create === undefined) throw new Error(`guard: there is no scanner ${name}`)
  return create(settings as never)
}
