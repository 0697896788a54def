import { llmGuardNames } from '@drover/shared/config/litellm-guard'
import type { ScanAnswer } from '@drover/shared/queues'
import { z } from 'zod'

/** LLM Guard's API (llm_guard_api 0.3): what is asked, and the answer in its words. */

/** By drover's name. */
export const scannerOf = (name: string): string => llmGuardNames[name] ?? name

const text = z.string('must be a string')
const suppressed = {
  scanners_suppress: z
    .array(z.string('must be the name of a scanner'), 'must be a list of names of scanners')
    .optional()
    .meta({ description: 'Scanners that are left out.' }),
  model: z.string('must be the name of a model').optional().meta({ description: 'Whose rules apply. drover’s own.' }),
}

const bodyExpected = 'must be an object'
export const promptBody = z.object({ prompt: text, ...suppressed }, bodyExpected)
export const outputBody = z.object({ prompt: text.optional(), output: text, ...suppressed }, bodyExpected)

const scanners = z
  .record(z.string(), z.number())
  .meta({ description: 'By scanner: -1 where it found nothing, else above 0 and at most 1.' })
export const scanned = z.object({ is_valid: z.boolean(), scanners })
export const analyzedPrompt = z.object({ sanitized_prompt: z.string(), ...scanned.shape })
export const analyzedOutput = z.object({ sanitized_output: z.string(), ...scanned.shape })

export interface Analysis {
  readonly isValid: boolean
  readonly sanitized: string
  readonly scanners: Record<string, number>
}

/** What LLM Guard would call invalid is whatever was found, also where it was only redacted. */
export const analysisOf = ({ scanners, verdicts: [verdict], scores: [scores] }: ScanAnswer): Analysis => {
  const riskOf = (score: number | undefined): number => (score === undefined ? -1 : risk(score))
  return {
    isValid: verdict?.verdict === 'allow',
    sanitized: verdict?.text ?? '',
    scanners: Object.fromEntries(scanners.map(scanner => [scanner, riskOf(scores?.[scanner])])),
  }
}

/** One decimal, and of what was found never 0. */
const risk = (score: number): number => Math.max(0.1, Math.round(score * 10) / 10)
