import { type Json, Refusal, kindOf } from './decode.ts'
import { trainedContext } from './models.ts'

/** Fields of a request that Ollama reads with rules of its own. */

export interface Options {
  readonly seed: number | undefined
  readonly numPredict: number | undefined
  /** In tokens; the stand-in takes a word for one. */
  readonly contextLength: number
  readonly stop: readonly string[]
  /** Those that a runner is started with. */
  readonly launch: string
  readonly hasTypicalP: boolean
}

/** Undefined when the request does not say. */
export const parseThink = (value: unknown): boolean | undefined | Refusal => {
  if (value === undefined || typeof value === 'boolean') return value
  const allowed = '"high", "medium", "low", "max", true, or false'
  if (typeof value !== 'string') return new Refusal(400, `think must be a boolean or string (${allowed})`)
  if (['high', 'medium', 'low', 'max'].includes(value)) return true
  return new Refusal(400, `invalid think value: ${JSON.stringify(value)} (must be ${allowed})`)
}

const unitMs: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 60e3, h: 3_600e3 }

/** Milliseconds of a Go duration or a number of seconds; negative is for ever. */
export const parseKeepAlive = (value: unknown): number | undefined | Refusal => {
  if (value === undefined) return undefined
  if (typeof value === 'number') return value < 0 ? Infinity : value * 1_000
  if (typeof value !== 'string') return new Refusal(400, `Unsupported type: '${kindOf(value)}'`)
  if (value === '0') return 0
  if (!/^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(value)) {
    const what = /^[-+]?\d+$/.test(value) ? 'missing unit in' : 'invalid'
    return new Refusal(400, `time: ${what} duration ${JSON.stringify(value)}`)
  }
  if (value.startsWith('-')) return Infinity
  const parts = [...value.matchAll(/(\d+\.?\d*|\.\d+)([a-zµ]+)/g)]
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[unit!]!, 0)
}

/** `json`, or a JSON schema. */
export type Format = 'json' | Json

/** What is neither, nor empty, is a 500 there too. */
export const wrongFormat = (value: unknown): Refusal | undefined => {
  if (value === undefined || value === '' || value === 'json' || kindOf(value) === 'object') return undefined
  const given = JSON.stringify(JSON.stringify(value))
  return new Refusal(500, `invalid format: ${given}; expected "json" or a valid JSON Schema object`)
}

const integers =
  'num_keep seed num_predict top_k repeat_last_n num_ctx num_batch num_gpu main_gpu num_thread draft_num_predict'
const floats = 'top_p min_p typical_p temperature repeat_penalty presence_penalty frequency_penalty'
const optionTypes = new Map([
  ...integers.split(' ').map(name => [name, 'integer'] as const),
  ...floats.split(' ').map(name => [name, 'float32'] as const),
  ['use_mmap', 'boolean'] as const,
  ['stop', 'array'] as const,
])
const optionKinds: Record<string, string> = { integer: 'number', float32: 'number', boolean: 'bool', array: 'array' }

/** Another value than the loaded one's has a model loaded anew; `num_ctx` is told apart, because it is shown. */
const launchOptions = ['num_batch', 'num_thread', 'num_gpu', 'main_gpu', 'use_mmap', 'draft_num_predict']

/** A wrong type is a 500 there too; an unknown option is ignored. */
export const parseOptions = (options: Json): Options | Refusal => {
  for (const [name, value] of Object.entries(options)) {
    const type = optionTypes.get(name)
    if (type === undefined || value === null || kindOf(value) === optionKinds[type]) continue
    return new Refusal(500, `option ${JSON.stringify(name)} must be of type ${type}`)
  }
  const stop = (options['stop'] ?? []) as unknown[]
  if (stop.some(item => typeof item !== 'string'))
    return new Refusal(500, 'option "stop" must be of an array of strings')
  const integer = (name: string): number | undefined =>
    typeof options[name] === 'number' ? Math.trunc(options[name]) : undefined
  return {
    seed: integer('seed'),
    numPredict: integer('num_predict'),
    contextLength: Math.min(trainedContext, Math.max(4, integer('num_ctx') ?? 4_096)),
    stop: stop as string[],
    launch: JSON.stringify(launchOptions.map(name => options[name] ?? null)),
    hasTypicalP: Boolean(options['typical_p']),
  }
}
