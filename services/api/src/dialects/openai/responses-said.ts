import { rawJson } from '@drover/shared/raw-json'
import type { ResponsesBody } from './responses-request.ts'

/** As the client wrote them: what is not checked is repeated, too. */
export interface RawBody {
  readonly tools?: readonly unknown[] | null
  readonly text?: { readonly format?: unknown } | null
}

/**
 * The parameters of a request as its response repeats them: all of them, because strict clients miss what is not there.
 * What was not given is null where the model's own default holds.
 */
export const saidOf = (body: ResponsesBody, raw: RawBody): object => ({
  background: false,
  instructions: body.instructions ?? null,
  max_output_tokens: body.max_output_tokens ?? null,
  max_tool_calls: null,
  metadata: body.metadata ?? {},
  parallel_tool_calls: body.parallel_tool_calls ?? true,
  previous_response_id: body.previous_response_id ?? null,
  reasoning: { effort: body.reasoning?.effort ?? null, summary: body.reasoning?.summary ?? null },
  service_tier: body.service_tier === 'flex' ? 'flex' : 'default',
  temperature: body.temperature ?? null,
  text: { format: writable(raw.text?.format) ?? { type: 'text' } },
  tool_choice: body.tool_choice ?? 'auto',
  tools: (body.tools ?? []).map((tool, index) => ({
    ...(writable(raw.tools?.[index]) as object),
    ...(tool.type === 'function' && { parameters: writable(tool.parameters ?? null), strict: tool.strict ?? null }),
  })),
  top_logprobs: body.top_logprobs ?? 0,
  top_p: body.top_p ?? null,
  truncation: body.truncation ?? 'auto',
})

/** With integers beyond 2^53 as `JSON.stringify` writes them. */
const writable = (value: unknown): unknown => {
  if (typeof value === 'bigint') return rawJson(String(value))
  if (Array.isArray(value)) return value.map(writable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, writable(item)]))
}
