import type { FinishReason, Logprob, StreamEvent, ToolCall, Usage } from '@drover/shared/events'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { HostFailure } from './host-failure.ts'
import { parseExactly, parseOrUndefined } from './json-text.ts'
import { errorEvent, errorMember } from './openai-failure.ts'

/** What OpenAI's endpoints answer, read. */

/** Of a line of server-sent events; undefined for comments and fields other than `data`. An event of OpenAI's is one line. */
const dataOf = (line: string): string | undefined => (line.startsWith('data:') ? line.slice(5).trim() : undefined)

/** Longest arguments of all tools that are called; an Ollama host's have to fit into a line of as much. */
const callCharsMax = 1024 * 1024

/** What a host says of itself is used in sums: an absurd figure counts as none. */
const tokens = z.number().nonnegative().max(1e7).catch(0).default(0)
export const usage = z
  .object({ prompt_tokens: tokens, completion_tokens: tokens })
  .transform(({ prompt_tokens: promptTokens, completion_tokens: completionTokens }) => ({
    promptTokens,
    completionTokens,
  }))
  .nullish()
  .catch(undefined)

const weighed = z.object({ token: z.string(), logprob: z.number() })
const bytes = z.array(z.int().min(0).max(255)).nullish()
const alternative = weighed.extend({ bytes })

/** Of a chat, and of llama.cpp's completions. */
const logprobs = z
  .object({ content: z.array(alternative.extend({ top_logprobs: z.array(alternative).nullish() })) })
  .transform(({ content }) =>
    content.map(({ top_logprobs: top, ...token }) => ({ ...told(token), top: (top ?? []).map(told) })),
  )

/** Of a completion. */
const legacyLogprobs = z
  .object({
    tokens: z.array(z.string()),
    token_logprobs: z.array(z.number().nullable()),
    top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
  })
  .transform(({ tokens: texts, token_logprobs: values, top_logprobs: tops }): Logprob[] =>
    texts.map((token, index) => ({
      token,
      logprob: values[index] ?? 0,
      top: Object.entries(tops?.[index] ?? {}).map(([text, logprob]) => ({ token: text, logprob })),
    })),
  )

const told = ({ bytes: utf8, ...token }: z.output<typeof alternative>) => (utf8 ? { ...token, bytes: utf8 } : token)

const callDelta = z.object({
  index: z.int().nonnegative().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
})

const chunk = z.object({
  error: errorMember.optional(),
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish(),
            tool_calls: z.array(callDelta).nullish(),
          })
          .nullish(),
        /** Of a completion. */
        text: z.string().nullish(),
        logprobs: z.union([logprobs, legacyLogprobs]).nullish().catch(undefined),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage,
})

type Choice = NonNullable<z.output<typeof chunk>['choices']>[number]

type Timings = Extract<StreamEvent, { type: 'end' }>['timings']

const ns = (ms: number): number => Math.round(ms * 1e6)

export const elapsed = (startedMs: number, nowMs: number): Timings => ({
  totalNs: ns(nowMs - startedMs),
  loadNs: 0,
  promptEvalNs: 0,
  evalNs: 0,
})

type EndEvent = Extract<StreamEvent, { type: 'end' }>

/**
 * Reads one streamed answer, of a chat or a completion, line by line. Tool calls, which come in pieces, are told whole, at
 * the end. The timings are our own clock's: the host tells none.
 */
export class AnswerReader {
  readonly #callsMax: number
  readonly #now: () => number
  readonly #startedMs: number
  #firstMs: number | undefined
  readonly #calls = new Map<number, ToolCall>()
  #callChars = 0
  #reason: FinishReason | undefined
  #usage: Usage = { promptTokens: 0, completionTokens: 0 }
  #done = false

  constructor(callsMax = Infinity, now = () => performance.now()) {
    this.#callsMax = callsMax
    this.#now = now
    this.#startedMs = now()
  }

  /** As `ReadLine`; a piece of a tool call is a sign of life that no event tells of. */
  line(line: string, alive: () => void): StreamEvent[] {
    const data = dataOf(line)
    if (data === undefined || data === '' || this.#done) return []
    if (data === '[DONE]') return this.end()
    const parsed = chunk.safeParse(parseOrUndefined(data))
    if (!parsed.success) throw new HostFailure('failed', 'it sent a line that is no chunk of an answer')
    const { error, choices, usage: counts } = parsed.data
    if (error !== undefined) throw errorEvent(error, this.#firstMs !== undefined)
    if (counts) this.#usage = counts
    const [choice] = choices ?? []
    if (choice === undefined) return []
    const events = this.#choice(choice)
    if (events.length > 0 || choice.delta?.tool_calls?.length) {
      this.#firstMs ??= this.#now()
      alive()
    }
    return events
  }

  /** Nothing follows. Throws HostFailure for an answer that was not finished. */
  end(): StreamEvent[] {
    this.#done = true
    if (this.#reason === undefined) throw new HostFailure('failed', 'it ended the stream without saying why')
    const isCut = this.#reason === 'length'
    const inOrder = [...this.#calls].sort(([first], [second]) => first - second).map(([, call]) => call)
    const calls = inOrder.slice(0, this.#callsMax).flatMap(call => wholeCall(call, isCut))
    const reason = this.#reason === 'stop' && calls.length > 0 ? 'tool_calls' : this.#reason
    const end: EndEvent = { type: 'end', reason, usage: this.#usage, timings: this.#timings() }
    return calls.length > 0 ? [{ type: 'tool_calls', calls }, end] : [end]
  }

  #timings(): EndEvent['timings'] {
    const nowMs = this.#now()
    return { ...elapsed(this.#startedMs, nowMs), evalNs: ns(nowMs - (this.#firstMs ?? nowMs)) }
  }

  #choice({ delta, text, logprobs: weights, finish_reason: reason }: Choice): StreamEvent[] {
    const events: StreamEvent[] = []
    const reasoning = delta?.reasoning_content ?? delta?.reasoning ?? ''
    const content = delta?.content ?? text ?? ''
    if (reasoning !== '') events.push({ type: 'reasoning', text: reasoning })
    if (content !== '') events.push({ type: 'text', text: content, ...(weights && { logprobs: weights }) })
    for (const call of delta?.tool_calls ?? []) this.#addToCall(call)
    if (reason) this.#reason = finishReason(reason)
    return events
  }

  #addToCall({ index, id, function: part }: z.output<typeof callDelta>): void {
    // Hosts that give no index send calls one after the other, each with its id first.
    const at = index ?? (id ? this.#calls.size : Math.max(0, this.#calls.size - 1))
    const call = this.#calls.get(at) ?? { id: '', name: '', arguments: '' }
    const added = { id: id ?? '', name: part?.name ?? '', arguments: part?.arguments ?? '' }
    this.#callChars += 1 + added.id.length + added.name.length + added.arguments.length
    if (this.#callChars > callCharsMax) throw new HostFailure('failed', 'its tool calls are too long')
    this.#calls.set(at, {
      id: call.id || added.id,
      name: call.name || added.name,
      arguments: call.arguments + added.arguments,
    })
  }
}

/**
 * None for one that was cut off with the answer. Written out anew, so that neither escapes nor line breaks hide anything
 * from a guard.
 */
const wholeCall = (call: ToolCall, isCut: boolean): ToolCall[] => {
  const id = call.id || `call_${randomUUID().replaceAll('-', '')}`
  const args = objectText(call.arguments || '{}')
  if (args !== undefined && call.name !== '') return [{ id, name: call.name, arguments: args }]
  if (isCut) return []
  throw new HostFailure('failed', 'it called a tool with arguments that are not a JSON object')
}

/** Undefined for what is no JSON object, or nested so deeply that it cannot be read. */
const objectText = (json: string): string | undefined => {
  try {
    const read = parseExactly(json)
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? JSON.stringify(read) : undefined
  } catch {
    return undefined
  }
}

const finishReason = (reason: string): FinishReason => {
  switch (reason) {
    case 'length':
    case 'content_filter':
      return reason
    case 'abort':
    case 'error':
      throw new HostFailure('failed', 'it gave the answer up')
    default:
      // Calls say for themselves that they were made: vLLM ends one that it had to make with "stop".
      return 'stop'
  }
}
