import { z } from 'zod'
import { apiKey, integer, modelName, text } from './fields.ts'

/** `guard` of `drover.yaml`: which scanners read prompts and answers, and what is done about what they find. */

const scoreExpected = 'must be a number from 0 to 1'
const score = z.number(scoreExpected).min(0, scoreExpected).max(1, scoreExpected)

/** A finding below it counts for nothing. Each scanner's scores are made so that 0.5 is right for most. */
const threshold = score.default(0.5)

/** `monitor` counts findings and lets everything pass. */
const blockOrMonitor = z.enum(['block', 'monitor']).default('block')
const redactWith = text(256).default('[REDACTED]')
const actions = z.enum(['block', 'redact', 'monitor'])

const substringsExpected = 'must list at least one piece of text to look for'

/** Each is a path in an automaton: 50 bytes a character and more. */
const bannedCharsMax = 500_000

const banSubstrings = z.strictObject({
  substrings: z
    .array(text(1_024), substringsExpected)
    .min(1, substringsExpected)
    .max(20_000, 'must list at most 20000 pieces of text')
    .refine(
      all => all.reduce((sum, each) => sum + each.length, 0) <= bannedCharsMax,
      `must have at most ${bannedCharsMax} characters together`,
    ),
  match: z.enum(['substring', 'word']).default('substring'),
  caseSensitive: z.boolean().default(false),
  /** Only a text that has every one of them is a finding. */
  containsAll: z.boolean().default(false),
  /** `block` refuses the request or ends the stream; `redact` replaces each match and goes on. */
  action: actions.default('block'),
  redactWith,
})

const promptInjection = z.strictObject({
  threshold,
  action: blockOrMonitor,
  /** A folder with a sequence classification model (ONNX) that judges what the small model is not sure of. */
  transformer: z
    .strictObject({
      modelDir: text(4_096),
      /** Texts whose score lies in between are given to it. */
      from: score.default(0.2),
      to: score.default(0.8),
      /** Its label for an attack. */
      label: text(64).default('INJECTION'),
    })
    .optional(),
})

const toxicity = z.strictObject({ threshold, action: actions.default('block'), redactWith })

const secrets = z.strictObject({
  action: actions.default('redact'),
  redactWith,
  /** Ids of rules that are left out. */
  rulesOff: z.array(text(128)).default([]),
})

/** Encodings of gpt-tokenizer. */
export const tokenEncodings = ['cl100k_base', 'o200k_base'] as const

const tokenLimit = z.strictObject({
  /** Of all texts of a request together. */
  tokensMax: integer(1, 100_000_000).default(8_000),
  encoding: z.enum(tokenEncodings).default('cl100k_base'),
  /** `truncate` leaves out what is too much, the oldest messages first. */
  action: z.enum(['block', 'truncate', 'monitor']).default('block'),
})

const noCode = z.strictObject({
  threshold,
  action: actions.default('block'),
  redactWith,
  /** Languages that may be in answers, by the names of fences: `json`, `sql`, … */
  allow: z.array(text(64)).default([]),
})

const maliciousUrls = z.strictObject({
  threshold,
  action: actions.default('block'),
  redactWith,
  /** Domains that are never a finding, with all below them. */
  allow: z.array(text(253)).default([]),
  /** A file of domains and addresses, one a line, that always are. It is read again when it changes. */
  blockListFile: text(4_096).optional(),
})

const noRefusal = z.strictObject({ threshold, action: blockOrMonitor })

/** One entry per scanner, by its name. A scanner whose settings accept `{}` needs none. */
export const scannerSettings = {
  input: z.strictObject({
    PromptInjection: promptInjection.optional(),
    Toxicity: toxicity.optional(),
    Secrets: secrets.optional(),
    BanSubstrings: banSubstrings.optional(),
    TokenLimit: tokenLimit.optional(),
  }),
  output: z.strictObject({
    NoCode: noCode.optional(),
    MaliciousURLs: maliciousUrls.optional(),
    Toxicity: toxicity.optional(),
    BanSubstrings: banSubstrings.optional(),
    Secrets: secrets.optional(),
    NoRefusal: noRefusal.optional(),
  }),
} as const

const listed = <T extends z.ZodType>(scanner: T) =>
  z
    .array(scanner)
    .refine(all => new Set(all).size === all.length, 'must name each scanner once')
    .default([])

const inputScanner = z.enum(['PromptInjection', 'Toxicity', 'Secrets', 'BanSubstrings', 'TokenLimit'])
const outputScanner = z.enum(['NoCode', 'MaliciousURLs', 'Toxicity', 'BanSubstrings', 'Secrets', 'NoRefusal'])

const inputSide = z.strictObject({
  scanners: listed(inputScanner),
  settings: scannerSettings.input.prefault({}),
  /** Whether system prompts are scanned too. */
  systemPrompts: z.boolean().default(false),
})

const outputSide = z.strictObject({
  scanners: listed(outputScanner),
  settings: scannerSettings.output.prefault({}),
})

export const guardModes = ['enforce', 'monitor'] as const

/** What is otherwise for some models or keys. A side that is absent is as for everybody else. */
const override = z.strictObject({
  /** Public names or aliases. Absent: every model. */
  models: z.array(modelName).min(1, 'must name at least one model').optional(),
  /** API keys of `server.keys`. Absent: every caller. */
  keys: z.array(apiKey).min(1, 'must have at least one key').optional(),
  mode: z.enum(guardModes).optional(),
  input: inputSide.optional(),
  output: outputSide.optional(),
})

export const guardSchema = z.strictObject({
  enabled: z.boolean().default(true),
  /**
   * `enforce`: what cannot be scanned does not pass. `monitor`: everything passes as it is, findings and failures of
   * scanners are counted.
   */
  mode: z.enum(guardModes).default('enforce'),
  /** What scanning may take per request (input), and per piece of an answer (output). */
  budgetMs: integer(1, 600_000).default(10_000),
  input: inputSide.prefault({}),
  output: outputSide.prefault({}),
  /** The first that fits counts. */
  overrides: z.array(override).max(100, 'must be at most 100').default([]),
})

export type GuardConfig = z.infer<typeof guardSchema>
export type InputSide = GuardConfig['input']
export type OutputSide = GuardConfig['output']
export type BanSubstringsSettings = z.infer<typeof banSubstrings>
export type PromptInjectionSettings = z.infer<typeof promptInjection>
export type ToxicitySettings = z.infer<typeof toxicity>
export type SecretsSettings = z.infer<typeof secrets>
export type TokenLimitSettings = z.infer<typeof tokenLimit>
export type NoCodeSettings = z.infer<typeof noCode>
export type MaliciousUrlsSettings = z.infer<typeof maliciousUrls>
export type NoRefusalSettings = z.infer<typeof noRefusal>
