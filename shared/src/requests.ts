import { z } from 'zod'

/** What a host is asked, whatever dialect the client spoke. `*Json` fields are raw JSON text, sent as they came. */

/** One message, in the shape of Ollama's `/api/chat`. `arguments` is raw JSON text. */
export const message = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  thinking: z.string().optional(),
  /** Base64. */
  images: z.array(z.string()).optional(),
  toolCalls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.string() })).optional(),
  toolName: z.string().optional(),
  toolCallId: z.string().optional(),
})

const common = {
  /** Raw JSON text per Ollama option, so that a 64-bit seed survives. */
  options: z.record(z.string(), z.string()),
  /** How long the host keeps the model in memory after it, in seconds; negative: until it has to make room. */
  keepAliveS: z.number().optional(),
}

/** Of requests that are answered with text. */
const answered = {
  ...common,
  /** `"json"`, or a JSON schema. */
  formatJson: z.string().optional(),
  think: z.union([z.boolean(), z.enum(['low', 'medium', 'high', 'max'])]).optional(),
  /** How many alternatives are told with the log probability of each token; absent: none are told at all. */
  topLogprobs: z.number().optional(),
  /** False: a prompt that is too long is an error, instead of being cut. */
  truncate: z.boolean().optional(),
  /** False: an answer that reaches the end of the context ends there. */
  shift: z.boolean().optional(),
}

export const chatRequest = z.object({
  kind: z.literal('chat'),
  ...answered,
  messages: z.array(message).min(1),
  toolsJson: z.string().optional(),
  /** It has to call one of the tools, or the named one. */
  toolChoice: z.union([z.literal('required'), z.object({ name: z.string() })]).optional(),
  /** False: at most one call. */
  parallelToolCalls: z.boolean().optional(),
})

/** A prompt without roles. */
export const generateRequest = z.object({
  kind: z.literal('generate'),
  ...answered,
  prompt: z.string().min(1),
  /** Text that comes after what is to be generated. */
  suffix: z.string().optional(),
  system: z.string().optional(),
  template: z.string().optional(),
  /** Base64. */
  images: z.array(z.string()).optional(),
  /** A list of tokens: `contextJson` of an earlier answer's end. */
  contextJson: z.string().optional(),
})

export const embedRequest = z.object({
  kind: z.literal('embed'),
  ...common,
  inputs: z.array(z.string()).min(1),
  dimensions: z.number().optional(),
  truncate: z.boolean().optional(),
})

/** Only has the model in memory afterwards. */
export const loadRequest = z.object({ kind: z.literal('load'), ...common })

export const modelRequest = z.discriminatedUnion('kind', [chatRequest, generateRequest, embedRequest, loadRequest])

export type Message = z.infer<typeof message>
export type ChatRequest = z.infer<typeof chatRequest>
export type GenerateRequest = z.infer<typeof generateRequest>
export type EmbedRequest = z.infer<typeof embedRequest>
export type ModelRequest = z.infer<typeof modelRequest>

/** About a thousand tokens, whatever its bytes. */
const imageChars = 4_000

/** What a host reads of a message, in characters: the unit of `promptCharMs`. */
export const messageChars = ({ content, images = [], toolCalls = [] }: Message): number =>
  content.length +
  images.length * imageChars +
  toolCalls.reduce((sum, call) => sum + call.name.length + call.arguments.length, 0)

/** What a host reads of a request, in characters. */
export const promptChars = (request: ModelRequest): number => {
  switch (request.kind) {
    case 'chat':
      return request.messages.reduce((sum, each) => sum + messageChars(each), 0)
    case 'generate': {
      const { prompt, suffix = '', system = '', images = [] } = request
      return prompt.length + suffix.length + system.length + images.length * imageChars
    }
    case 'embed':
      return request.inputs.reduce((sum, input) => sum + input.length, 0)
    case 'load':
      return 0
  }
}
