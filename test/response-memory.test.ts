import { createLogger } from '@drover/shared/logger'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { openaiResponses } from '../services/api/src/dialects/openai/responses.ts'
import { ResponseMemory } from '../services/api/src/response-memory.ts'
import type { Asked } from '../services/api/src/routes/ask.ts'
import { startRedisServer } from './support/redis-server.ts'

/** What the api keeps of /v1/responses, when Redis fails it at the worst moment. */

const caller = 'c'
const ask = (body: object) => openaiResponses.parse({ model: 'm', input: 'hi', ...body })

const askedOf = (parsed: ReturnType<typeof ask>, memory: ResponseMemory): Asked<typeof parsed.echo> => ({
  caller,
  parsed,
  meta: { id: 'r_1', model: 'm', createdAtMs: 0, choices: 1, echo: parsed.echo },
  memory,
})

const answered = {
  kind: 'answer',
  answer: {
    text: 'Hello.',
    reasoning: '',
    toolCalls: [{ id: 'c1', name: 'f', arguments: '{bad' }],
    logprobs: undefined,
    vectors: [],
    reason: 'stop',
    usage: { promptTokens: 1, completionTokens: 1 },
    timings: { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 },
    contextJson: undefined,
    start: undefined,
  },
} as const

const setUp = async (server: { url: string }) => {
  const redis = createRedis(server.url, 'producer').on('error', () => {})
  await once(redis, 'ready')
  const memory = new ResponseMemory({
    redis,
    keys: createKeys('t'),
    keepMs: 60_000,
    logger: createLogger('test', 'silent'),
  })
  return { memory, [Symbol.dispose]: () => redis.disconnect() }
}

test.each(['SIGSTOP', 'SIGKILL'] as const)(
  'an answer that is complete waits at most 1.5 s for a Redis that went away (%s), and does not fail',
  async signal => {
    await using server = await startRedisServer()
    using held = await setUp(server)
    await server.kill(signal)
    const startedAt = performance.now()
    await held.memory.remember(askedOf(ask({}), held.memory), answered)
    expect(performance.now() - startedAt).toBeLessThan(1_500)
    const next = held.memory.recall(ask({ previous_response_id: 'resp_r_1' }), caller)
    await expect(next).rejects.toMatchObject({ code: 'queue_unavailable' })
    if (signal === 'SIGSTOP') await server.kill('SIGCONT')
  },
)

test('a response whose call has arguments that no host could be sent is shown, and not gone on from', async () => {
  await using server = await startRedisServer()
  using held = await setUp(server)
  await held.memory.remember(askedOf(ask({}), held.memory), answered)
  expect(await held.memory.find(caller, 'resp_r_1')).toContain('"{bad"')
  await expect(held.memory.recall(ask({ previous_response_id: 'resp_r_1' }), caller)).rejects.toMatchObject({
    code: 'invalid_request',
    params: { field: 'previous_response_id' },
  })
})

test('what references stand for is bounded, however often they are repeated', async () => {
  await using server = await startRedisServer()
  using held = await setUp(server)
  const { answer } = answered
  const said = { ...answered, answer: { ...answer, toolCalls: [], text: 'x'.repeat(30_000) } }
  await held.memory.remember(askedOf(ask({}), held.memory), said)
  const referring = (times: number) =>
    ask({ input: Array.from({ length: times }, () => ({ type: 'item_reference', id: 'msg_r_1_0' })) })
  const { requests } = await held.memory.recall(referring(100), caller)
  expect(JSON.stringify(requests).length).toBeGreaterThan(3_000_000)
  await expect(held.memory.recall(referring(1_000), caller)).rejects.toMatchObject({
    code: 'invalid_request',
    params: { field: 'input' },
  })
})

test('what was cancelled is not kept', async () => {
  await using server = await startRedisServer()
  using held = await setUp(server)
  await held.memory.remember(askedOf(ask({}), held.memory), { kind: 'cancelled' })
  await expect(held.memory.find(caller, 'resp_r_1')).rejects.toMatchObject({ code: 'response_not_found' })
})
