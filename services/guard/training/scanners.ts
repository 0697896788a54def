import { scannerSettings } from '@drover/shared/config/guard-schema'
import type { Side } from '@drover/shared/guard-rules'
import { maliciousUrls } from '../src/scanners/malicious-urls.ts'
import { noCode } from '../src/scanners/no-code.ts'
import { noRefusal } from '../src/scanners/no-refusal.ts'
import { promptInjection } from '../src/scanners/prompt-injection.ts'
import type { Scanner } from '../src/scanners/scanner.ts'
import { secrets } from '../src/scanners/secrets.ts'
import { toxicity } from '../src/scanners/toxicity.ts'
import type { MutationName } from './mutations.ts'

/** The scanners of `eval:guard`, with their default settings. */
export interface Evaluated {
  readonly name: string
  readonly direction: Side
  /** Its files in the data folder are `<task>.<part>.jsonl.gz`. */
  readonly task: string
  readonly mutations: readonly MutationName[]
  readonly scanner: Scanner
}

const hidden = [
  'spaced',
  'zeroWidth',
  'homoglyphs',
  'fullWidth',
  'leet',
  'upper',
  'base64',
  'tags',
  'middle',
] as const satisfies readonly MutationName[]

const input = scannerSettings.input
  .required({ PromptInjection: true, Toxicity: true, Secrets: true })
  .parse({ PromptInjection: {}, Toxicity: {}, Secrets: {} })

const output = scannerSettings.output
  .required({ NoCode: true, MaliciousURLs: true, Toxicity: true, Secrets: true, NoRefusal: true })
  .parse({ NoCode: {}, MaliciousURLs: {}, Toxicity: {}, Secrets: {}, NoRefusal: {} })

export const evaluated: readonly Evaluated[] = [
  {
    name: 'PromptInjection',
    direction: 'input',
    task: 'injection',
    mutations: hidden,
    scanner: promptInjection(input.PromptInjection),
  },
  { name: 'Toxicity', direction: 'input', task: 'toxicity', mutations: hidden, scanner: toxicity(input.Toxicity) },
  {
    name: 'Toxicity',
    direction: 'output',
    task: 'toxicity',
    mutations: ['zeroWidth', 'upper', 'middle'],
    scanner: toxicity(output.Toxicity),
  },
  {
    name: 'Secrets',
    direction: 'input',
    task: 'secrets',
    mutations: ['quoted', 'zeroWidth', 'middle'],
    scanner: secrets(input.Secrets),
  },
  {
    name: 'Secrets',
    direction: 'output',
    task: 'secrets',
    mutations: ['quoted', 'middle'],
    scanner: secrets(output.Secrets),
  },
  {
    name: 'NoCode',
    direction: 'output',
    task: 'code',
    mutations: ['fenced', 'middle'],
    scanner: noCode(output.NoCode),
  },
  {
    name: 'MaliciousURLs',
    direction: 'output',
    task: 'url',
    mutations: ['upper', 'defanged', 'fullWidth', 'zeroWidth', 'middle'],
    scanner: maliciousUrls(output.MaliciousURLs),
  },
  {
    name: 'NoRefusal',
    direction: 'output',
    task: 'refusal',
    mutations: ['apostrophe', 'upper', 'zeroWidth', 'fullWidth'],
    scanner: noRefusal(output.NoRefusal),
  },
]
