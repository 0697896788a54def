import { configSchema } from '@drover/shared/config/schema'
import type { StreamEvent } from '@drover/shared/events'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from 'undici'
import { expect, test } from 'vitest'
import { streamAnswer } from './answer-stream.ts'
import { chatReader } from './ollama-chat.ts'

const { upstream: timeouts } = configSchema.parse({ hosts: [{ id: 'h', url: 'http://h' }] })

/** What is read of a host that sends `body` in one piece. */
const read = async (body: string): Promise<StreamEvent[]> => {
  await using server = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const open = async (signal: AbortSignal) => (await client.request({ method: 'GET', path: '/', signal })).body
  const answer = { open, readLine: chatReader({}), lineBytesMax: 1_024, timeouts }
  try {
    return (await Array.fromAsync(streamAnswer(answer, AbortSignal.timeout(5_000)))).flat()
  } finally {
    await client.destroy()
  }
}

const line = (chunk: object): string => `${JSON.stringify(chunk)}\n`
const said = line({ message: { content: 'Hi' }, done: false })
const done = line({ done: true, done_reason: 'stop' })

test.each([
  ['text', line({ message: { content: 'more' }, done: false })],
  ['another end', done],
  ['an error', line({ error: 'boom' })],
  ['no JSON', '<html>\n'],
  ['half a line', '{"done'],
])('what a host says after the end of its answer is nothing of it: %s', async (_name, rest) => {
  expect(await read(said + done + rest)).toMatchObject([
    { type: 'text', text: 'Hi' },
    { type: 'end', reason: 'stop' },
  ])
})
