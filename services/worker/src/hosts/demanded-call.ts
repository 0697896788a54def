import type { StreamEvent } from '@drover/shared/events'
import type { ChatRequest } from '@drover/shared/requests'
import { z } from 'zod'
import { HostFailure } from './host-failure.ts'
import { parseExactly } from './json-text.ts'
import { newCallId } from './ollama-chat.ts'

/**
 * `toolChoice` for hosts that cannot be made to call a tool: they can be made to answer in a given form, so the call is
 * asked for as the answer, in the form of its arguments.
 */
export interface DemandedCall {
  /** What is asked in place of the request: no tools, a form, and words that say what goes into it. */
  readonly request: ChatRequest
  /** Undefined for a text that is no such call. Written out anew, so that escapes hide nothing from a guard. */
  readonly callOf: (text: string) => { readonly name: string; readonly arguments: string } | undefined
}

const tools = z.array(
  z.object({
    function: z.object({
      name: z.string(),
      description: z.string().nullish(),
      parameters: z.record(z.string(), z.unknown()).nullish(),
    }),
  }),
)
type Tool = z.output<typeof tools>[number]['function']

/** Longest text that is awaited as a call: an Ollama host's own calls have to fit into a line of as much. */
const callCharsMax = 1024 * 1024

/** Undefined where no call is demanded. Throws HostFailure when no tool is there that could be. */
export const demandedCall = (request: ChatRequest): DemandedCall | undefined => {
  const { toolChoice, toolsJson, ...rest } = request
  if (toolChoice === undefined || toolsJson === undefined) return undefined
  const parsed = tools.safeParse(parseExactly(toolsJson))
  const offered = parsed.success ? parsed.data.map(tool => tool.function) : []
  const wanted = toolChoice === 'required' ? offered : offered.filter(({ name }) => name === toolChoice.name)
  const [only, ...others] = wanted
  if (only === undefined) throw new HostFailure('rejected', 'none of its tools is the one that it has to call')
  const form = others.length === 0 ? oneTool(only) : anyTool(wanted)
  const messages = withInstruction(rest.messages, form.instruction)
  return { request: { ...rest, messages, formatJson: JSON.stringify(form.schema) }, callOf: form.callOf }
}

/**
 * Holds text back until it is known whether it is the call; reasoning goes through. What is no call in the end, having
 * been cut off or being no JSON, is told as the text that it is, for the host's own reason: half a call looks like a
 * whole one to a client, and an error would hide what was said and why it ended.
 */
export async function* asToolCall(
  batches: AsyncIterable<StreamEvent[]>,
  callOf: DemandedCall['callOf'],
): AsyncGenerator<StreamEvent[]> {
  const held: StreamEvent[][] = []
  let said = ''
  for await (const batch of batches) {
    const texts = batch.filter(event => event.type === 'text')
    if (texts.length > 0) held.push(texts)
    for (const { text } of texts) said += text
    if (said.length > callCharsMax) throw new HostFailure('failed', 'its tool call is too long')
    const others = batch.filter(event => event.type !== 'text')
    const end = others.at(-1)
    const call = end?.type === 'end' ? callOf(said) : undefined
    if (end?.type === 'end' && call !== undefined) {
      const calls = [{ id: newCallId(), ...call }]
      others.splice(-1, 1, { type: 'tool_calls', calls }, { ...end, reason: 'tool_calls' })
      // By batches as they came: an answer may have more tokens than a function takes arguments.
    } else if (end?.type === 'end') yield* held
    if (others.length > 0) yield others
  }
}

interface Form {
  readonly schema: unknown
  readonly instruction: string
  readonly callOf: DemandedCall['callOf']
}

const oneTool = (tool: Tool): Form => {
  const schema = argumentsSchema(tool)
  return {
    schema,
    instruction:
      `Call the tool ${described(tool)}\n` +
      `Answer with nothing but its arguments: one JSON object that fits this JSON schema.\n${JSON.stringify(schema)}`,
    callOf: text => {
      const args = objectOf(text)
      return args && { name: tool.name, arguments: JSON.stringify(args) }
    },
  }
}

const anyTool = (wanted: readonly Tool[]): Form => ({
  schema: schemaOfAny(wanted),
  instruction:
    'Call one of these tools. Answer with nothing but one JSON object that has the `name` of the tool and the ' +
    '`arguments` for it, which fit its JSON schema.\n' +
    wanted.map(tool => `- ${described(tool)} ${JSON.stringify(argumentsSchema(tool))}`).join('\n'),
  callOf: text => {
    const { name, arguments: args } = objectOf(text) ?? {}
    const known = wanted.some(tool => tool.name === name)
    return known && typeof name === 'string' && isObject(args) ? { name, arguments: JSON.stringify(args) } : undefined
  },
})

const described = ({ name, description }: Tool): string =>
  description ? `\`${name}\`: ${description}` : `\`${name}\`.`

const argumentsSchema = ({ parameters }: Tool): Record<string, unknown> => ({ type: 'object', ...parameters })

/** A schema that refers to itself is kept at a place of its own, because its root is another one here. */
const schemaOfAny = (wanted: readonly Tool[]): unknown => {
  const definitions: Record<string, unknown> = {}
  const anyOf = wanted.map((tool, index) => {
    let schema: unknown = argumentsSchema(tool)
    if (JSON.stringify(schema).includes('"$ref"')) {
      // Not by the tool's name, which may need escapes, nor by its place in `anyOf`: llama.cpp goes by keys alone.
      const key = `tool${index}`
      definitions[key] = moved(schema, `#/$defs/${key}`)
      schema = { $ref: `#/$defs/${key}` }
    }
    const properties = { name: { const: tool.name }, arguments: schema }
    return { type: 'object', properties, required: ['name', 'arguments'], additionalProperties: false }
  })
  return Object.keys(definitions).length === 0 ? { anyOf } : { anyOf, $defs: definitions }
}

const moved = (schema: unknown, root: string): unknown => {
  if (Array.isArray(schema)) return schema.map(item => moved(item, root))
  // A number that is kept as text is an object to `typeof`.
  if (!isObject(schema) || isRawJson(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' && value.startsWith('#') ? root + value.slice(1) : moved(value, root),
    ]),
  )
}

const isRawJson = (value: unknown): boolean =>
  (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON(value)

/** First, so that what the client says has the last word; in the one system message, because many templates take no second. */
const withInstruction = (messages: ChatRequest['messages'], instruction: string): ChatRequest['messages'] => {
  const [first, ...others] = messages
  return first?.role === 'system'
    ? [{ ...first, content: `${instruction}\n\n${first.content}` }, ...others]
    : [{ role: 'system', content: instruction }, ...messages]
}

const objectOf = (text: string): Record<string, unknown> | undefined => {
  try {
    const value = parseExactly(text)
    return isObject(value) ? value : undefined
  } catch {
    // Not JSON, or nested so deeply that nobody could read it.
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
