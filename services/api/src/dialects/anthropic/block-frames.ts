import type { ToolCall } from '@drover/shared/events'
import type { AnswerMeta } from '../dialect.ts'
import { quote } from '../json.ts'
import { frame } from './frame.ts'
import { toolUseId } from './messages-answer.ts'

/** The content blocks of one streamed message: numbered from 0 without a gap, each closed before the next one opens. */
export interface BlockFrames {
  /** Goes on in the open block if it is of that kind. Without text no block opens: clients send blocks back. */
  say(kind: 'text' | 'reasoning', text: string): string
  call(call: ToolCall): string
  close(): string
  /** How many were opened for tool calls. */
  readonly calls: number
}

const kinds = {
  text: { start: '{"type":"text","text":""}', delta: '{"type":"text_delta","text":', last: undefined },
  reasoning: {
    start: '{"type":"thinking","thinking":"","signature":""}',
    delta: '{"type":"thinking_delta","thinking":',
    last: '{"type":"signature_delta","signature":""}',
  },
} as const

const start = (index: number, block: string): string =>
  frame('content_block_start', `,"index":${index},"content_block":${block}`)
const deltaHead = (index: number): string =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":`
const deltaTail = '}\n\n'
const delta = (index: number, json: string): string => deltaHead(index) + json + deltaTail
const stop = (index: number): string => frame('content_block_stop', `,"index":${index}`)

export const blockFrames = (meta: AnswerMeta): BlockFrames => {
  let blocks = 0
  let calls = 0
  /** `say` runs once per token, so all that does not change within its block is joined when it opens. */
  let open: { readonly kind: keyof typeof kinds; readonly head: string; readonly end: string } | undefined

  const close = (): string => {
    const end = open?.end ?? ''
    open = undefined
    return end
  }

  return {
    say: (kind, text) => {
      if (text === '') return ''
      let opening = ''
      if (open?.kind !== kind) {
        const index = blocks++
        const { start: block, delta: head, last } = kinds[kind]
        opening = close() + start(index, block)
        const end = last === undefined ? stop(index) : delta(index, last) + stop(index)
        open = { kind, head: deltaHead(index) + head, end }
      }
      return `${opening}${open.head}${quote(text)}}${deltaTail}`
    },
    call: call => {
      const closed = close()
      const index = blocks++
      const id = quote(toolUseId(meta, calls++, call))
      const block = `{"type":"tool_use","id":${id},"name":${quote(call.name)},"input":{}}`
      const input = `{"type":"input_json_delta","partial_json":${quote(call.arguments)}}`
      return closed + start(index, block) + delta(index, input) + stop(index)
    },
    close,
    get calls() {
      return calls
    },
  }
}
