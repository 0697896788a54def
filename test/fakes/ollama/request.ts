import { canonicalModel } from '@drover/shared/model-name'

/** Reads request bodies as Ollama does: Go's decoder, so its words for what is wrong. */

export interface Refusal {
  readonly status: number
  readonly error: string
}

/** A chat or generate request, as far as the stand-in acts on it. */
export interface Prompt {
  readonly model: string
  readonly messages: readonly Message[]
  readonly toolNames: readonly string[]
  readonly stream: boolean
  readonly think: boolean
  readonly keepAliveMs: number | undefined
  readonly options: Options
}

interface Message {
  readonly role: string
  readonly content: string
}

interface Options {
  readonly seed: number | undefined
  readonly numPredict: number | undefined
  readonly contextLength: number
  readonly stop: readonly string[]
}

type Json = Record<string, unknown>

/** What is left to believe once `wrongKind` has found nothing. */
interface Body {
  readonly model?: string | null
  readonly stream?: boolean | null
  readonly options?: Json | null
  readonly think?: unknown
  readonly keep_alive?: unknown
}
interface ChatBody extends Body {
  readonly messages?: readonly { role?: string | null; content?: string | null }[] | null
  readonly tools?: readonly { function?: { name?: unknown } }[] | null
}
interface GenerateBody extends Body {
  readonly prompt?: string | null
}

type Kind = 'string' | 'bool' | 'object' | 'array'

export const isRefusal = (value: object): value is Refusal => 'error' in value && 'status' in value

const refuse = (status: number, error: string): Refusal => ({ status, error })

const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

const goTypes: Record<Kind, string> = {
  string: 'string',
  bool: 'bool',
  object: 'map[string]interface {}',
  array: '[]api',
}

export const readObject = (raw: string): Json | Refusal => {
  const text = raw.trim()
  if (text === '') return refuse(400, 'missing request body')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const first = Array.from(text.slice(0, 2))[0]
    return refuse(400, first === '{' ? 'unexpected EOF' : `invalid character '${first}' looking for beginning of value`)
  }
  if (value === null) return {}
  if (kindOf(value) !== 'object')
    return refuse(400, `json: cannot unmarshal ${kindOf(value)} into Go value of type api`)
  return value as Json
}

/** The first field of the wrong kind; null counts as absent. */
const wrongKind = (struct: string, object: Json, kinds: Record<string, Kind>): Refusal | undefined => {
  for (const [field, kind] of Object.entries(kinds)) {
    const actual = kindOf(object[field] ?? undefined)
    if (actual === 'undefined' || actual === kind) continue
    return refuse(
      400,
      `json: cannot unmarshal ${actual} into Go struct field ${struct}.${field} of type ${goTypes[kind]}`,
    )
  }
  return undefined
}

const common: Record<string, Kind> = { model: 'string', stream: 'bool', options: 'object' }

export const parseChat = (raw: string): Prompt | Refusal => {
  const object = readObject(raw)
  if (isRefusal(object)) return object
  const wrong = wrongKind('ChatRequest', object, { ...common, messages: 'array', tools: 'array' })
  if (wrong !== undefined) return wrong
  const body = object as ChatBody
  const messages = body.messages ?? []
  const wrongMessage = messages.map(wrongInMessage).find(found => found !== undefined)
  if (wrongMessage !== undefined) return wrongMessage
  const toolNames = (body.tools ?? []).map(tool => String(tool.function?.name))
  const read = messages.map(({ role, content }) => ({ role: role ?? '', content: content ?? '' }))
  return parsePrompt(body, read, toolNames)
}

const wrongInMessage = (message: object): Refusal | undefined =>
  kindOf(message) === 'object'
    ? wrongKind('ChatRequest.messages', message as Json, { role: 'string', content: 'string' })
    : refuse(
        400,
        `json: cannot unmarshal ${kindOf(message)} into Go struct field ChatRequest.messages of type api.Message`,
      )

/** A prompt is one user message; an empty one asks for a load. */
export const parseGenerate = (raw: string): Prompt | Refusal => {
  const object = readObject(raw)
  if (isRefusal(object)) return object
  const wrong = wrongKind('GenerateRequest', object, { ...common, prompt: 'string' })
  if (wrong !== undefined) return wrong
  const body = object as GenerateBody
  return parsePrompt(body, body.prompt ? [{ role: 'user', content: body.prompt }] : [], [])
}

const parsePrompt = (body: Body, messages: readonly Message[], toolNames: readonly string[]): Prompt | Refusal => {
  const think = parseThink(body.think ?? undefined)
  if (typeof think === 'object') return think
  const keepAliveMs = parseKeepAlive(body.keep_alive ?? undefined)
  if (typeof keepAliveMs === 'object') return keepAliveMs
  const options = parseOptions(body.options ?? {})
  if (isRefusal(options)) return options
  return { model: body.model ?? '', messages, toolNames, stream: body.stream ?? true, think, keepAliveMs, options }
}

const parseThink = (value: unknown): boolean | Refusal => {
  if (value === undefined) return false
  if (typeof value === 'boolean') return value
  const allowed = '"high", "medium", "low", "max", true, or false'
  if (typeof value !== 'string') return refuse(400, `think must be a boolean or string (${allowed})`)
  if (['high', 'medium', 'low', 'max'].includes(value)) return true
  return refuse(400, `invalid think value: ${JSON.stringify(value)} (must be ${allowed})`)
}

const unitMs: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 60e3, h: 3_600e3 }

/** Milliseconds of a Go duration or a number of seconds; negative is for ever. */
export const parseKeepAlive = (value: unknown): number | undefined | Refusal => {
  if (value === undefined) return undefined
  if (typeof value === 'number') return value < 0 ? Infinity : value * 1_000
  if (typeof value !== 'string') return refuse(400, `Unsupported type: '${kindOf(value)}'`)
  if (value === '0') return 0
  if (!/^[-+]?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(value)) {
    return refuse(400, `time: invalid duration ${JSON.stringify(value)}`)
  }
  if (value.startsWith('-')) return Infinity
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)([a-zµ]+)/g)]
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[unit!]!, 0)
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

/** A wrong type is a 500 there too; an unknown option is ignored. */
const parseOptions = (options: Json): Options | Refusal => {
  for (const [name, value] of Object.entries(options)) {
    const type = optionTypes.get(name)
    if (type === undefined || value === null || kindOf(value) === optionKinds[type]) continue
    return refuse(500, `option ${JSON.stringify(name)} must be of type ${type}`)
  }
  const stop = (options['stop'] ?? []) as unknown[]
  if (stop.some(item => typeof item !== 'string')) return refuse(500, 'option "stop" must be of an array of strings')
  const integer = (name: string): number | undefined =>
    typeof options[name] === 'number' ? Math.trunc(options[name]) : undefined
  return {
    seed: integer('seed'),
    numPredict: integer('num_predict'),
    contextLength: Math.max(4, integer('num_ctx') ?? 4_096),
    stop: stop as string[],
  }
}

/** The conversation as one text, in which a longer one begins with the shorter one and its answer. */
export const conversationText = (messages: readonly Message[]): string =>
  messages.map(({ role, content }) => `${role}\n${content}\n`).join('')

export const sameModel = (a: string, b: string): boolean => canonicalModel(a) === canonicalModel(b)
