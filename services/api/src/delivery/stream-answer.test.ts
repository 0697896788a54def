import type { StreamEvent } from '@drover/shared/events'
import type { FastifyReply } from 'fastify'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { openaiChat } from '../dialects/openai/chat.ts'
import type { Asked } from '../routes/ask.ts'
import type { Answering } from './answering.ts'
import type { AnswerHeaders } from './headers.ts'
import { streamAnswer } from './stream-answer.ts'

async function* saying(...events: StreamEvent[]): AsyncGenerator<StreamEvent[]> {
  for (const event of events) yield [event]
}

const asked = {
  caller: 'c',
  memory: undefined,
  meta: { id: 'r1', model: 'm', createdAtMs: 0, choices: 1, echo: { includeUsage: false } },
} as Asked<{ includeUsage: boolean }>

test('a client that leaves before the first frame is read stops the generation', async () => {
  const close = vi.fn<() => void>()
  const answering: Answering = {
    streams: [saying({ type: 'text', text: 'a' }, { type: 'text', text: 'b' })],
    findPlace: async () => undefined,
    close,
  }
  let closed: Promise<unknown> | undefined
  // What Fastify does with a stream whose connection is gone.
  const send = (body: Readable): object => {
    closed = once(body, 'close')
    body.destroy()
    return reply
  }
  const reply = { request: { body: {} }, header: () => reply, type: () => reply, send } as unknown as FastifyReply
  const headers = { leaving: () => {} } as unknown as AnswerHeaders
  await streamAnswer(openaiChat, asked, answering, headers, { headersAfterMs: 1_000, heartbeatMs: 1_000 }, reply)
  await closed
  expect(close).toHaveBeenCalled()
})
