import type { PromptInjectionSettings } from '@drover/shared/config/guard-schema'
import { wholeText } from '../streaming/pieces.ts'
import { prepareConcepts } from './prompt-injection/concept-hits.ts'
import { injectionModel } from './prompt-injection/model.ts'
import { certaintyOf, scanInjection } from './prompt-injection/scan.ts'
import { transformerJudge } from './prompt-injection/transformer.ts'
import type { Scanner } from './scanner.ts'

/** Attempts to override, escape or extract the instructions of a model, in the user's words or in what is given to it. */
export const promptInjection = ({ transformer }: PromptInjectionSettings): Scanner => {
  const model = injectionModel()
  prepareConcepts()
  const scan: Scanner['scan'] = (subject, context) => scanInjection(model, subject, () => context.checkTime())
  const scanner: Scanner = {
    name: 'PromptInjection',
    directions: ['input'],
    scan,
    stream: context => wholeText(scan, context),
  }
  return transformer === undefined ? scanner : { ...scanner, refine: refineWith(transformer) }
}

/** What the transformer says of a doubtful text counts in place of what was found. */
const refineWith = (settings: NonNullable<PromptInjectionSettings['transformer']>): NonNullable<Scanner['refine']> => {
  const judge = transformerJudge(settings)
  return async ({ raw }, found) => {
    const certainty = certaintyOf(found)
    return certainty < settings.from || certainty > settings.to ? undefined : [await judge(raw)]
  }
}
