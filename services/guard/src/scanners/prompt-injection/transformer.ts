import type { PromptInjectionSettings } from '@drover/shared/config/guard-schema'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Found } from '../scanner.ts'

/**
 * A second opinion by a sequence classification model (ONNX) of the operator's, through `@huggingface/transformers`, which
 * is not among drover's packages: with its runtime it has 475 MB.
 */

type TransformerSettings = NonNullable<PromptInjectionSettings['transformer']>

interface Label {
  readonly label: string
  readonly score: number
}
type Classify = (texts: string[], options: { top_k: null }) => Promise<Label[][]>

/** What is used of the package. */
export interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string }
  pipeline(task: 'text-classification', model: string, options: { dtype: string }): Promise<Classify>
}

/** Such models read 512 tokens. Of a text that is longer, windows are judged; the highest counts. */
const windowChars = 1_200
const strideChars = 1_000
const windowsMax = 64

const packageName = '@huggingface/transformers'

const importTransformers = (): Promise<Transformers> => import(packageName) as Promise<Transformers>

/** Told at the start: with the first doubtful prompt would be late. */
const refuseWithoutPackage = (): void => {
  try {
    createRequire(import.meta.url).resolve(packageName)
  } catch (error) {
    throw new Error(`guard: PromptInjection.transformer needs a package more: npm install ${packageName}`, {
      cause: error,
    })
  }
}

const windowsIn = (text: string): { readonly start: number; readonly text: string }[] => {
  const count = Math.min(windowsMax, 1 + Math.ceil(Math.max(0, text.length - windowChars) / strideChars))
  return Array.from({ length: count }, (_, index) => {
    const start = index * strideChars
    return { start, text: text.slice(start, start + windowChars) }
  })
}

/** Loaded with the first text. Throws where the model or the package is not there. */
export const transformerJudge = (
  settings: TransformerSettings,
  load?: () => Promise<Transformers>,
): ((text: string) => Promise<Found>) => {
  const folder = path.resolve(settings.modelDir)
  if (!existsSync(path.join(folder, 'config.json')))
    throw new Error(`guard: PromptInjection.transformer.modelDir: there is no config.json in ${settings.modelDir}`)
  if (load === undefined) refuseWithoutPackage()
  let classify: Promise<Classify> | undefined

  return async text => {
    classify ??= open(folder, load ?? importTransformers)
    const run = await classify
    let most: Found = { rule: 'transformer', start: 0, end: text.length, score: 0 }
    // One after the other: a batch would pad all to the longest.
    for (const window of windowsIn(text)) {
      const [labels = []] = await run([window.text], { top_k: null })
      const score = labels.find(({ label }) => label === settings.label)?.score
      if (score === undefined)
        throw new Error(
          `guard: the transformer has no label ${settings.label}; it has ${labels.map(each => each.label).join(', ')}`,
        )
      if (score >= most.score) most = { ...most, score, start: window.start, end: window.start + window.text.length }
    }
    return most
  }
}

const open = async (folder: string, load: () => Promise<Transformers>): Promise<Classify> => {
  const transformers = await load()
  transformers.env.allowRemoteModels = false
  transformers.env.localModelPath = path.dirname(folder)
  return transformers.pipeline('text-classification', path.basename(folder), { dtype: 'fp32' })
}
