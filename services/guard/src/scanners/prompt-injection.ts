import type { PromptInjectionSettings } from '@drover/shared/config/guard-schema'
import { wholeText } from '../streaming/pieces.ts'
import { prepareConcepts } from './prompt-injection/concept-hits.ts'
import { injectionModel } from './prompt-injection/network.ts'
import { scanInjection } from './prompt-injection/scan.ts'
import type { Scanner } from './scanner.ts'

/** Attempts to override, escape or extract the instructions of a model, in the user's words or in what is given to it. */
export const promptInjection = (_settings: PromptInjectionSettings): Scanner => {
  const model = injectionModel()
  prepareConcepts()
  const scan: Scanner['scan'] = (subject, context) => scanInjection(model, subject, () => context.checkTime())
  return { name: 'PromptInjection', directions: ['input'], scan, stream: context => wholeText(scan, context) }
}
