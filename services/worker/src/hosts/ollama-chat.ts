import type { StreamEvent, ToolCall } from '@drover/shared/events'
import type { ChatRequest } from '@drover/shared/requests'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { ReadLine } from './answer-stream.ts'
import { parseExactly } from './json-text.ts'
import { chunkFields, endEvent, readChunk, saidEvents } from './ollama-chunk.ts'

/** What `/api/chat` answers. */

const chunk = z.object({
  ...chunkFields,
  message: z
    .object({
      content: z.string().default(''),
      thinking: z.string().default(''),
      tool_calls: z
        .array(
          z.object({ id: z.string().default(''), function: z.object({ name: z.string(), arguments: z.unknown() }) }),
        )
        .default([]),
    })
    .default({ content: '', thinking: '', tool_calls: [] }),
})

type HostCall = z.output<typeof chunk>['message']['tool_calls'][number]

/** Of one answer. Ollama knows no `parallelToolCalls`: calls after the first are left out here. */
export const chatReader = ({ parallelToolCalls }: Pick<ChatRequest, 'parallelToolCalls'>): ReadLine => {
  const callsMax = parallelToolCalls === false ? 1 : Infinity
  let called = 0
  return line => {
    // Only tool calls can carry integers that matter beyond 2^53.
    const read = readChunk(chunk, line, line.includes('"tool_calls"') ? parseExactly : JSON.parse)
    const events: StreamEvent[] = saidEvents(read.message.thinking, read.message.content, read.logprobs)
    const calls = read.message.tool_calls.slice(0, callsMax - called).map(toolCall)
    called += calls.length
    if (calls.length > 0) events.push({ type: 'tool_calls', calls })
    if (!read.done) return events
    const end = endEvent(read)
    return [...events, called > 0 ? { ...end, reason: 'tool_calls' } : end]
  }
}

const toolCall = ({ id, function: { name, arguments: args } }: HostCall): ToolCall => ({
  id: id === '' ? newCallId() : id,
  name,
  arguments: JSON.stringify(args ?? {}),
})

export const newCallId = (): string => `call_${randomUUID().replaceAll('-', '')}`
