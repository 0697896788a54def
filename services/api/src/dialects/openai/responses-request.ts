import { DroverError } from '@drover/shared/errors/drover-error'
import type { ChatRequest, Message } from '@drover/shared/requests'
import { z } from 'zod'
import { check, variants } from '../check.ts'
import type { ParsedRequest } from '../dialect.ts'
import { toJson } from '../json.ts'
import { effort, thinkOfEffort } from '../think.ts'
import { extensions, flag, integer, model, object, optionsOf, sampling, serviceTier, string } from './fields.ts'
import type { ResponsesEcho } from './responses-echo.ts'
import { inputItem, type Item, type InputItem } from './responses-items.ts'
import { toMessages } from './responses-messages.ts'
import { isBuiltIn, offerOf, refuseWrongTools, toolsOfClient } from './responses-offer.ts'
import { saidOf, type RawBody } from './responses-said.ts'
import { toolChoice, tools } from './responses-tools.ts'

/**
 * OpenAI's CreateResponse. Null means absent. What would change the answer and cannot be honoured is refused.
 *
 * Ignored: what changes nothing here (`user`, `safety_identifier`, `prompt_cache_key`, `stream_options`, `max_tool_calls`, …),
 * what `include` has beside log probabilities, tiers of service but "flex", and fields OpenAI does not know.
 */

const format = variants(
  'type',
  [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object') }),
    z.object({ type: z.literal('json_schema'), name: string.min(1, 'must not be empty'), schema: object }),
  ],
  'must be "text", "json_object" or "json_schema"',
)

const metadata = z
  .record(z.string(), string.max(512, 'must be at most 512 characters'), 'must be an object of strings')
  .refine(pairs => Object.keys(pairs).length <= 16, 'must have at most 16 pairs')
  .refine(pairs => Object.keys(pairs).every(key => key.length <= 64), 'must have keys of at most 64 characters')
  .meta({ maxProperties: 16, propertyNames: { maxLength: 64 } })

const summary = z.enum(['auto', 'concise', 'detailed'], 'must be "auto", "concise" or "detailed"').nullish()

const absent = (problem: string) => z.null(`must be absent: ${problem}`).optional()

export const responsesBody = z
  .object(
    {
      model,
      input: z
        .union([string, z.array(inputItem)], 'must be a string or a list of items')
        .nullish()
        .meta({ description: 'Required without `previous_response_id`.' }),
      instructions: string.nullish().meta({ description: 'Of this response, not of those that go on from it.' }),
      previous_response_id: string.max(128, 'must be at most 128 characters').nullish().meta({
        description: 'A response of the same caller that is kept: its conversation comes before `input`.',
      }),
      store: flag.meta({ description: 'Whether it is kept, for `responses.keepMs`. Absent: yes.' }),
      stream: flag,
      background: z.literal(false, 'must be false or absent: responses in the background are not offered').nullish(),
      conversation: absent('conversations are not offered, send "previous_response_id" instead'),
      prompt: absent('stored prompts are not offered, send "input" and "instructions" instead'),
      tools: tools.nullish(),
      tool_choice: toolChoice
        .nullish()
        .meta({ description: 'Refused where it names a tool that is not among `tools`.' }),
      parallel_tool_calls: flag,
      text: z.object({ format: format.nullish() }, 'must be an object').nullish(),
      max_output_tokens: integer(16, Number.MAX_SAFE_INTEGER, 'must be an integer of at least 16'),
      reasoning: z.object({ effort: effort.nullish(), summary }, 'must be an object').nullish(),
      truncation: z.enum(['auto', 'disabled'], 'must be "auto" or "disabled"').nullish(),
      metadata: metadata.nullish(),
      include: z.array(string, 'must be a list of strings').nullish().meta({
        description: 'Of it, only `message.output_text.logprobs` means something here.',
      }),
      top_logprobs: integer(0, 20, 'must be an integer from 0 to 20').meta({
        description: 'Only with that `include`.',
      }),
      service_tier: serviceTier,
      ...sampling,
      ...extensions,
    },
    'must be a JSON object',
  )
  .superRefine(refuseWrongTools)
  .meta({ id: 'ResponseRequest' })

type Body = z.output<typeof responsesBody>
export type ResponsesBody = Body

export const parseResponses = (raw: unknown): ParsedRequest<ResponsesEcho> => {
  const body = check(responsesBody, raw)
  const rawBody = raw as RawBody
  const echo = echoOf(body, saidOf(body, rawBody))
  const request: ChatRequest = {
    kind: 'chat',
    // Of items that were only referred to, and of an earlier response, nothing is known yet.
    messages: mustRecall(echo) ? [] : conversation(echo.instructions, echo.input.filter(isItem)),
    ...offerOf(body, rawBody.tools),
    formatJson: formatJson(body.text?.format),
    options: optionsOf(body, body.max_output_tokens),
    keepAliveS: body.keep_alive ?? undefined,
    think: thinkOfEffort(body.reasoning?.effort),
    topLogprobs: body.include?.includes('message.output_text.logprobs') ? (body.top_logprobs ?? 0) : undefined,
    truncate: body.truncation === 'disabled' ? false : undefined,
  }
  return {
    model: body.model,
    requests: [request],
    stream: body.stream ?? false,
    echo,
    ...(body.service_tier === 'flex' && { class: 'background' }),
    ...(body.tools?.some(isBuiltIn) && { adjusted: ['tools'] }),
  }
}

/** Whether it goes on from what was kept. */
export const mustRecall = ({ previousId, input }: ResponsesEcho): boolean =>
  previousId !== undefined || !input.every(isItem)

export const isItem = (item: InputItem): item is Item => item.type !== 'item_reference'

/** The same request, with all that it refers to. @param input without references. */
export const withConversation = (
  parsed: ParsedRequest<ResponsesEcho>,
  earlier: readonly Item[],
  input: readonly Item[],
): ParsedRequest<ResponsesEcho> => {
  const { echo } = parsed
  const messages = conversation(echo.instructions, [...earlier, ...input])
  return {
    ...parsed,
    requests: parsed.requests.map(request => (request.kind === 'chat' ? { ...request, messages } : request)),
    echo: { ...echo, earlier, input, chars: charsOf([earlier, input, echo.said]) },
  }
}

const echoOf = (body: Body, said: object): ResponsesEcho => {
  const previousId = body.previous_response_id ?? undefined
  const input: readonly InputItem[] =
    typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : (body.input ?? [])
  if (input.length === 0 && previousId === undefined) {
    const problem = body.input ? 'must not be empty' : 'is required'
    throw new DroverError('invalid_request', { field: 'input', problem })
  }
  return {
    instructions: body.instructions ?? undefined,
    previousId,
    input,
    earlier: [],
    store: body.store ?? true,
    chars: charsOf([input, said]),
    toolsOfClient: toolsOfClient(body.tools),
    said,
  }
}

/** Instructions are those of one request; a later one that goes on from it has its own. */
const conversation = (instructions: string | undefined, items: readonly Item[]): Message[] => {
  const messages = toMessages(items)
  if (messages.length === 0) throw new DroverError('invalid_request', { field: 'input', problem: 'must say something' })
  return instructions === undefined ? messages : [{ role: 'system', content: instructions }, ...messages]
}

const charsOf = (kept: readonly unknown[]): number => JSON.stringify(kept).length

const formatJson = (given: z.output<typeof format> | null | undefined): string | undefined => {
  switch (given?.type) {
    case 'json_object':
      return '"json"'
    case 'json_schema':
      return toJson(given.schema)
    default:
      return undefined
  }
}
