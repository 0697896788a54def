import type { ScannerName } from '@drover/shared/guard-rules'
import { banSubstrings } from './ban-substrings.ts'
import { maliciousUrls } from './malicious-urls.ts'
import { noCode } from './no-code.ts'
import { noRefusal } from './no-refusal.ts'
import { promptInjection } from './prompt-injection.ts'
import type { Scanner } from './scanner.ts'
import { secrets } from './secrets.ts'
import { tokenLimit } from './token-limit.ts'
import { toxicity } from './toxicity.ts'

/** Every scanner there is. A new one is a file, a line here, and its settings in the configuration's schema. */
const scanners: Readonly<Record<ScannerName, (settings: never) => Scanner>> = {
  BanSubstrings: banSubstrings,
  MaliciousURLs: maliciousUrls,
  NoCode: noCode,
  NoRefusal: noRefusal,
  PromptInjection: promptInjection,
  Secrets: secrets,
  TokenLimit: tokenLimit,
  Toxicity: toxicity,
}

/** @param settings as the schema of that scanner has them. Throws on settings that can't be kept. */
export const createScanner = (name: ScannerName, settings: object): Scanner => scanners[name](settings as never)
