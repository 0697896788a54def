import type { EmbedRequest, GenerateRequest, ChatRequest, Message } from '@drover/shared/requests'
import { jsonObject, jsonText } from './json-text.ts'

/** What Ollama's endpoints are sent. */

type Options = Readonly<Record<string, string>>

/** @param defaults raw JSON text per option, beneath the request's own. Always streams. */
export const chatBody = (model: string, request: ChatRequest, defaults: Options): string =>
  jsonObject({
    model: JSON.stringify(model),
    messages: `[${request.messages.map(messageJson).join(',')}]`,
    tools: request.toolsJson,
    ...answered(request, defaults),
  })

/** As `chatBody`. */
export const generateBody = (model: string, request: GenerateRequest, defaults: Options): string =>
  jsonObject({
    model: JSON.stringify(model),
    prompt: JSON.stringify(request.prompt),
    suffix: jsonText(request.suffix),
    system: jsonText(request.system),
    template: jsonText(request.template),
    images: request.images && JSON.stringify(request.images),
    context: request.contextJson,
    ...answered(request, defaults),
  })

/** Of some of a request's inputs; of none, it only loads the model. */
export const embedBody = (
  model: string,
  request: Omit<EmbedRequest, 'kind'>,
  inputs: readonly string[],
  defaults: Options,
): string =>
  jsonObject({
    model: JSON.stringify(model),
    input: JSON.stringify(inputs),
    truncate: request.truncate?.toString(),
    dimensions: request.dimensions?.toString(),
    options: optionsJson({ ...defaults, ...request.options }),
    keep_alive: request.keepAliveS?.toString(),
  })

/** Loads a model: a prompt-less request. The options are those of requests, so that none reloads it. */
export const loadBody = (model: string, options: Options, keepAliveS?: number): string =>
  jsonObject({
    model: JSON.stringify(model),
    options: optionsJson(options),
    keep_alive: keepAliveS?.toString(),
    stream: 'false',
  })

const answered = (request: ChatRequest | GenerateRequest, defaults: Options): Record<string, string | undefined> => ({
  format: request.formatJson,
  options: optionsJson({ ...defaults, ...request.options }),
  think: request.think === undefined ? undefined : JSON.stringify(request.think),
  keep_alive: request.keepAliveS?.toString(),
  logprobs: request.topLogprobs === undefined ? undefined : 'true',
  top_logprobs: request.topLogprobs?.toString(),
  truncate: request.truncate?.toString(),
  shift: request.shift?.toString(),
  stream: 'true',
})

const optionsJson = (options: Options): string | undefined =>
  Object.keys(options).length === 0 ? undefined : jsonObject(options)

const messageJson = (message: Message): string =>
  jsonObject({
    role: JSON.stringify(message.role),
    content: JSON.stringify(message.content),
    thinking: jsonText(message.thinking),
    images: message.images && JSON.stringify(message.images),
    tool_calls: message.toolCalls && `[${message.toolCalls.map(toolCallJson).join(',')}]`,
    tool_name: jsonText(message.toolName),
    tool_call_id: jsonText(message.toolCallId),
  })

const toolCallJson = (call: NonNullable<Message['toolCalls']>[number]): string =>
  jsonObject({
    id: call.id === '' ? undefined : JSON.stringify(call.id),
    function: `{"name":${JSON.stringify(call.name)},"arguments":${call.arguments}}`,
  })
