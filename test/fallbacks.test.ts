import { triesMax } from '@drover/shared/queues'
import { expect, inject, test } from 'vitest'
import { chat, streamChat } from './support/chat.ts'
import { startStack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

test('when every host of a model fails before the first token, its fallback answers under the name the client gave', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['llama3.2'] }, { models: ['spare'] }],
    config: { models: [{ name: 'llama3.2', fallbacks: ['absent', 'spare'] }] },
  })
  const [own, spare] = stack.hosts
  for (let tries = 0; tries < triesMax; tries += 1)
    own!.faults.next({ kind: 'status', status: 500, body: '{"error":"no"}' })
  const answer = await chat(stack.url, { body: { max_tokens: 5 } })
  expect(answer).toMatchObject({ status: 200, end: 'length' })
  expect(JSON.parse(answer.raw)).toMatchObject({ model: 'llama3.2' })
  expect(own!.requests.map(({ outcome }) => outcome)).not.toContain('done')
  expect(spare!.requests.map(({ outcome }) => outcome)).toEqual(['done'])
})

test('a fallback is not kept waiting for further tries of hosts that have all failed', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['llama3.2'] }, { models: ['llama3.2'] }, { models: ['spare'] }],
    config: { models: [{ name: 'llama3.2', fallbacks: ['spare'] }] },
  })
  const [first, second, spare] = stack.hosts
  for (const host of [first, second]) host!.faults.every({ kind: 'status', status: 500, body: '{"error":"no"}' })
  expect(await chat(stack.url, { body: { max_tokens: 5 } })).toMatchObject({ status: 200, end: 'length' })
  expect([first, second, spare].map(host => host!.requests.length)).toEqual([1, 1, 1])
})

test('a prompt that is too long goes to the model that is named for it, and ends with the error when that is too small, too', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['llama3.2'] }, { models: ['long'] }],
    config: { models: [{ name: 'llama3.2', contextFallbacks: ['long'] }] },
  })
  const tooLong = {
    kind: 'status',
    status: 400,
    body: '{"error":"the prompt is longer than the context length currently available to the model; raise num_ctx"}',
  } as const
  const [short, long] = stack.hosts
  short!.faults.next(tooLong)
  expect(await streamChat(stack.url, { body: { max_tokens: 5 } })).toMatchObject({ end: 'length', done: true })
  expect(long!.requests).toHaveLength(1)
  short!.faults.next(tooLong)
  long!.faults.next(tooLong)
  const refused = await chat(stack.url)
  expect(refused.status).toBe(400)
  expect(JSON.parse(refused.raw)).toMatchObject({ error: { code: 'context_length_exceeded' } })
})
