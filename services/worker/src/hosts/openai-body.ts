import type { ChatRequest, GenerateRequest } from '@drover/shared/requests'
import { HostFailure } from './host-failure.ts'
import { jsonObject, jsonText, parseExactly } from './json-text.ts'
import { messagesJson } from './openai-messages.ts'

/** What OpenAI's endpoints are sent: the fields that vLLM, llama.cpp and drover have in common, and some that one of them ignores. */

type Options = Readonly<Record<string, string>>

type Fields = Record<string, string | undefined>

const streamed: Fields = { stream: 'true', stream_options: '{"include_usage":true}' }

/** @param defaults raw JSON text per option, beneath the request's own. */
export const chatBody = (model: string, request: ChatRequest, defaults: Options): string =>
  jsonObject({
    model: jsonText(model),
    messages: messagesJson(request.messages),
    tools: toolsJson(request),
    tool_choice: request.toolChoice && '"required"',
    parallel_tool_calls: request.parallelToolCalls?.toString(),
    response_format: responseFormat(request.formatJson),
    ...thinking(request.think),
    logprobs: request.topLogprobs === undefined ? undefined : 'true',
    top_logprobs: request.topLogprobs?.toString(),
    ...fields({ ...defaults, ...request.options }),
    ...streamed,
  })

/** The named tool is the only one on offer, and required: llama.cpp takes a `tool_choice` that is an object for "auto". */
const toolsJson = ({ toolsJson: json, toolChoice }: ChatRequest): string | undefined => {
  if (json === undefined || typeof toolChoice !== 'object') return json
  const tools = parseExactly(json) as ({ function?: { name?: unknown } } | null)[]
  return JSON.stringify(tools.filter(tool => tool?.function?.name === toolChoice.name))
}

const responseFormat = (formatJson: string | undefined): string | undefined => {
  if (formatJson === undefined) return undefined
  if (formatJson === '"json"') return '{"type":"json_object"}'
  return `{"type":"json_schema","json_schema":{"name":"answer","schema":${formatJson}}}`
}

/** vLLM and drover go by the effort; llama.cpp, and templates that only know on and off, by the argument of the template. */
const thinking = (think: ChatRequest['think']): Fields =>
  think === undefined
    ? {}
    : {
        reasoning_effort: think === true ? undefined : jsonText(think || 'none'),
        chat_template_kwargs: `{"enable_thinking":${think !== false}}`,
      }

/** What Ollama's options are called there. llama.cpp has some of them that are not OpenAI's; others ignore those. */
const fieldNames: Readonly<Record<string, readonly string[]>> = {
  temperature: ['temperature'],
  top_p: ['top_p'],
  seed: ['seed'],
  stop: ['stop'],
  presence_penalty: ['presence_penalty'],
  frequency_penalty: ['frequency_penalty'],
  // Of both endpoints, and of all hosts.
  num_predict: ['max_tokens'],
  top_k: ['top_k'],
  min_p: ['min_p'],
  typical_p: ['typical_p'],
  repeat_last_n: ['repeat_last_n'],
  // llama.cpp's, and vLLM's.
  repeat_penalty: ['repeat_penalty', 'repetition_penalty'],
}

/** Options that say how a host runs a model (`num_ctx`, `num_gpu`, …) were decided where it was started: they are left out. */
const fields = (options: Options): Fields => {
  const named = Object.entries(fieldNames).flatMap(([option, names]) => {
    const json = Object.hasOwn(options, option) ? options[option] : undefined
    return json === undefined || saysNothing(option, json) ? [] : names.map(name => [name, json])
  })
  return Object.fromEntries(named) as Fields
}

/** To Ollama: no limit below 1, and no sequences in an empty list. */
const saysNothing = (option: string, json: string): boolean =>
  (option === 'num_predict' && !(Number(json) >= 1)) || (option === 'stop' && json === '[]')

/**
 * A prompt without roles is continued as it is. What only a conversation has makes one of it. Throws HostFailure for
 * what neither has.
 */
export const chatOf = (request: GenerateRequest): ChatRequest | undefined => {
  const { kind: _, prompt, suffix, system, template, images, contextJson, ...answered } = request
  if (template !== undefined) throw new HostFailure('unsupported', 'its hosts take no `template`')
  if (contextJson !== undefined) throw new HostFailure('unsupported', 'its hosts take no `context`')
  const converses = system !== undefined || images !== undefined || answered.formatJson !== undefined
  if (suffix !== undefined || !(converses || (answered.think ?? false))) return undefined
  const user = { role: 'user', content: prompt, images } as const
  return {
    kind: 'chat',
    messages: system === undefined ? [user] : [{ role: 'system', content: system }, user],
    ...answered,
  }
}

export const completionBody = (model: string, request: GenerateRequest, defaults: Options): string =>
  jsonObject({
    model: jsonText(model),
    prompt: jsonText(request.prompt),
    suffix: jsonText(request.suffix),
    logprobs: request.topLogprobs?.toString(),
    ...fields({ ...defaults, ...request.options }),
    ...streamed,
  })

/** Asks for base64, a fourth of what the numbers are as text. */
export const embedBody = (model: string, inputs: readonly string[], dimensions: number | undefined): string =>
  jsonObject({
    model: jsonText(model),
    input: JSON.stringify(inputs),
    encoding_format: '"base64"',
    dimensions: dimensions?.toString(),
  })
