import { canonicalModel } from '@drover/shared/model-name'
import { type Json, type Kind, Refusal, readObject, wrongImage, wrongItem, wrongKind } from './decode.ts'
import { type Format, type Options, parseKeepAlive, parseOptions, parseThink, wrongFormat } from './options.ts'

/** A chat or generate request, as far as the stand-in acts on it. */
export interface Prompt {
  readonly model: string
  readonly messages: readonly Message[]
  readonly toolNames: readonly string[]
  readonly hasImages: boolean
  readonly hasSuffix: boolean
  readonly stream: boolean
  /** Undefined: as the model does by itself. */
  readonly think: boolean | undefined
  readonly format: Format | undefined
  /** Alternatives told beside each token; undefined: no log probabilities. */
  readonly topLogprobs: number | undefined
  /** Of messages with roles. */
  readonly isChat: boolean
  /** False: a prompt longer than the context is refused. */
  readonly truncate: boolean
  /** False: so it is, in other words. Another one than the loaded model's has it loaded anew. */
  readonly shift: boolean
  /** Of a prompt without roles; '' for the model's own. */
  readonly template: string
  /** What the answer's `context` begins with; undefined: it has none. */
  readonly context: readonly number[] | undefined
  readonly keepAliveMs: number | undefined
  readonly options: Options
}

interface Message {
  readonly role: string
  readonly content: string
}

/** What is left to believe once `wrongKind` has found nothing. */
interface Body {
  readonly model?: string | null
  readonly stream?: boolean | null
  readonly options?: Json | null
  readonly truncate?: boolean | null
  readonly shift?: boolean | null
  readonly logprobs?: boolean | null
  readonly top_logprobs?: number | null
  readonly think?: unknown
  readonly format?: unknown
  readonly keep_alive?: unknown
}
interface ChatMessage {
  readonly role?: string | null
  readonly content?: string | null
  readonly images?: readonly unknown[] | null
  readonly tool_calls?: readonly { readonly function?: Json | null }[] | null
}
interface ChatBody extends Body {
  readonly messages?: readonly ChatMessage[] | null
  readonly tools?: readonly { function?: { name?: unknown } }[] | null
}
interface GenerateBody extends Body {
  readonly prompt?: string | null
  readonly suffix?: string | null
  readonly system?: string | null
  readonly template?: string | null
  readonly raw?: boolean | null
  readonly context?: readonly number[] | null
  readonly images?: readonly unknown[] | null
}

/** What the endpoints say differently. */
type Said = Pick<Prompt, 'isChat' | 'messages' | 'toolNames' | 'hasImages' | 'hasSuffix' | 'context' | 'template'>

const common: Record<string, Kind> = {
  model: 'string',
  stream: 'bool',
  options: 'object',
  truncate: 'bool',
  shift: 'bool',
  logprobs: 'bool',
  top_logprobs: 'int',
}

export const parseChat = (raw: string): Prompt | Refusal => {
  const object = readObject(raw)
  if (object instanceof Refusal) return object
  const wrong = wrongKind('ChatRequest', object, { ...common, messages: 'array', tools: 'array' })
  if (wrong !== undefined) return wrong
  const body = object as ChatBody
  const messages = body.messages ?? []
  const wrongMessage =
    wrongItem('ChatRequest.messages', messages, 'object', 'api.Message') ??
    messages.map(wrongInMessage).find(found => found !== undefined)
  if (wrongMessage !== undefined) return wrongMessage
  return parsePrompt(body, {
    isChat: true,
    messages: messages.map(({ role, content }) => ({ role: role ?? '', content: content ?? '' })),
    toolNames: (body.tools ?? []).map(tool => String(tool.function?.name)),
    hasImages: messages.some(({ images }) => (images?.length ?? 0) > 0),
    hasSuffix: false,
    context: undefined,
    template: '',
  })
}

const messageKinds: Record<string, Kind> = {
  role: 'string',
  content: 'string',
  thinking: 'string',
  images: 'array',
  tool_calls: 'array',
  tool_name: 'string',
  tool_call_id: 'string',
}

const wrongInMessage = (message: ChatMessage): Refusal | undefined => {
  const struct = 'ChatRequest.messages'
  const calls = message.tool_calls ?? []
  return (
    wrongKind(struct, message as Json, messageKinds) ??
    wrongImage(struct, message.images ?? []) ??
    wrongItem(`${struct}.tool_calls`, calls, 'object', 'api.ToolCall') ??
    // Arguments are an object there, where OpenAI has a text; the words for it differ.
    calls
      .map(call =>
        wrongKind(`${struct}.tool_calls.function`, call.function ?? {}, { name: 'string', arguments: 'object' }),
      )
      .find(found => found !== undefined)
  )
}

const generateKinds: Record<string, Kind> = {
  ...common,
  prompt: 'string',
  suffix: 'string',
  system: 'string',
  template: 'string',
  raw: 'bool',
  context: 'array',
  images: 'array',
}

/** A prompt is one user message; an empty one asks for a load. */
export const parseGenerate = (raw: string): Prompt | Refusal => {
  const object = readObject(raw)
  if (object instanceof Refusal) return object
  const wrong = wrongKind('GenerateRequest', object, generateKinds)
  if (wrong !== undefined) return wrong
  const body = object as GenerateBody
  const { prompt, system, template, raw: isRaw, images, suffix } = body
  const context = body.context ?? []
  const wrongList = wrongItem('GenerateRequest.context', context, 'int') ?? wrongImage('GenerateRequest', images ?? [])
  if (wrongList !== undefined) return wrongList
  if (isRaw && (template || system || context.length > 0)) {
    return new Refusal(400, 'raw mode does not support template, system, or context')
  }
  const asked = [...(system ? [{ role: 'system', content: system }] : []), { role: 'user', content: prompt ?? '' }]
  return parsePrompt(body, {
    isChat: false,
    messages: prompt ? asked : [],
    toolNames: [],
    hasImages: (images?.length ?? 0) > 0,
    hasSuffix: Boolean(suffix),
    context: isRaw ? undefined : context,
    template: template ?? '',
  })
}

const parsePrompt = (body: Body, said: Said): Prompt | Refusal => {
  const topLogprobs = body.top_logprobs ?? 0
  if (topLogprobs < 0 || topLogprobs > 20) return new Refusal(400, 'top_logprobs must be between 0 and 20')
  const think = parseThink(body.think ?? undefined)
  if (think instanceof Refusal) return think
  const keepAliveMs = parseKeepAlive(body.keep_alive ?? undefined)
  if (keepAliveMs instanceof Refusal) return keepAliveMs
  const options = parseOptions(body.options ?? {})
  if (options instanceof Refusal) return options
  const notFormat = wrongFormat(body.format ?? undefined)
  if (notFormat !== undefined) return notFormat
  return {
    ...said,
    model: body.model ?? '',
    stream: body.stream ?? true,
    think,
    format: (body.format || undefined) as Format | undefined,
    topLogprobs: body.logprobs ? topLogprobs : undefined,
    truncate: body.truncate ?? true,
    shift: body.shift ?? true,
    keepAliveMs,
    options,
  }
}

/** The conversation as one text, in which a longer one begins with the shorter one and its answer. */
export const conversationText = (messages: readonly Message[]): string =>
  messages.map(({ role, content }) => `${role}\n${content}\n`).join('')

export const sameModel = (a: string, b: string): boolean => canonicalModel(a) === canonicalModel(b)
