import type { Problem } from '@drover/shared/errors/problem'
import type { Logprob, StreamEvent, ToolCall } from '@drover/shared/events'
import type { AnswerMeta, StreamRenderer } from '../dialect.ts'
import { quote } from '../json.ts'
import { openaiError } from './error.ts'
import {
  callItems,
  endingOf,
  itemId,
  response,
  statusOfLast,
  textKinds,
  type Ending,
  type ItemStatus,
  type TextKind,
} from './responses-answer.ts'
import type { ResponsesEcho } from './responses-echo.ts'
import { json, numberedFrames, OpenItem } from './responses-frames.ts'
import { comment } from './sse.ts'

/**
 * A response as typed events. One item is open at a time; it is done before the next one is added, and before the response
 * ends, however it ends. Clients accumulate by `output_index` and by item ids.
 *
 * What fails after the headers is told twice, as OpenAI does: by an `error` event, which SDKs throw, and by
 * `response.failed`, which ends the response. LangChain knows only the first: without it, half an answer passes for a whole one.
 */
export class ResponsesStream implements StreamRenderer {
  readonly #meta: AnswerMeta<ResponsesEcho>
  readonly #frame = numberedFrames()
  readonly #callItem: ReturnType<typeof callItems>
  /** Items that are done. */
  readonly #output: object[] = []
  readonly #counts = { msg: 0, rs: 0 }
  #open: OpenItem | undefined
  #begun = false

  constructor(meta: AnswerMeta<ResponsesEcho>) {
    this.#meta = meta
    this.#callItem = callItems(meta)
  }

  events(_choice: number, events: readonly StreamEvent[]): string {
    let frames = this.#begin()
    for (const event of events) frames += this.#render(event)
    return frames
  }

  readonly heartbeat = comment

  /** The `end` event has said it all. */
  close(): string {
    return ''
  }

  error(problem: Problem): string {
    const { code, message, param } = problem
    // Flat, as OpenAI documents it, and nested, as it sends it: strict clients need the one, Python's SDK throws only the other.
    const said = json({ code, message, param, ...openaiError(problem) })
    return (
      this.#begin() +
      this.#close('incomplete') +
      this.#frame('error', `,${said.slice(1, -1)}`) +
      this.#state('response.failed', { status: 'failed', problem })
    )
  }

  #render(event: StreamEvent): string {
    switch (event.type) {
      case 'text':
        return this.#tell(textKinds.text, event.text, event.logprobs)
      case 'reasoning':
        return this.#tell(textKinds.reasoning, event.text)
      case 'tool_calls':
        return event.calls.map(call => this.#call(call)).join('')
      case 'end':
        return this.#end(event)
      case 'start':
      case 'released':
      case 'embeddings':
      case 'error':
      case 'cancelled':
        return ''
    }
  }

  #begin(): string {
    if (this.#begun) return ''
    this.#begun = true
    const ending = { status: 'in_progress' } as const
    return this.#state('response.created', ending) + this.#state('response.in_progress', ending)
  }

  #state(type: string, ending: Ending): string {
    return this.#frame(type, `,"response":${json(response(this.#meta, ending, this.#output))}`)
  }

  #tell(kind: TextKind, text: string, logprobs?: readonly Logprob[]): string {
    if (text === '' && logprobs === undefined) return ''
    const added = this.#open?.kind === kind ? '' : this.#add(kind)
    return added + this.#open?.tell(text, logprobs)
  }

  #add(kind: TextKind): string {
    const closed = this.#close('completed')
    const id = itemId(this.#meta, kind.prefix, this.#counts[kind.prefix]++)
    this.#open = new OpenItem(kind, id, this.#output.length, this.#frame)
    return closed + this.#open.add()
  }

  #close(status: ItemStatus): string {
    if (this.#open === undefined) return ''
    const { frames, item } = this.#open.close(status)
    this.#open = undefined
    this.#output.push(item)
    return frames
  }

  #call(call: ToolCall): string {
    const closed = this.#close('completed')
    const item = this.#callItem(call)
    const index = this.#output.push(item) - 1
    const place = `,"item_id":${quote(item.id)},"output_index":${index}`
    const { field, event, whole, more } =
      item.type === 'custom_tool_call'
        ? { field: 'input', event: 'response.custom_tool_call_input', whole: quote(item.input), more: '' }
        : {
            field: 'arguments',
            event: 'response.function_call_arguments',
            whole: quote(item.arguments),
            more: `,"name":${quote(item.name)}`,
          }
    const added = { ...item, status: 'in_progress', [field]: '' }
    return (
      closed +
      this.#frame('response.output_item.added', `,"output_index":${index},"item":${json(added)}`) +
      this.#frame(`${event}.delta`, `${place},"delta":${whole}`) +
      this.#frame(`${event}.done`, `${place}${more},"${field}":${whole}`) +
      this.#frame('response.output_item.done', `,"output_index":${index},"item":${json(item)}`)
    )
  }

  #end({ reason, usage }: Extract<StreamEvent, { type: 'end' }>): string {
    const ending = endingOf(reason, usage)
    const isNothing = this.#open === undefined && this.#output.length === 0
    const added = isNothing ? this.#add(textKinds.text) : ''
    return added + this.#close(statusOfLast(ending)) + this.#state(`response.${ending.status}`, ending)
  }
}
