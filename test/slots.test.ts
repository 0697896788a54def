import { readFleet } from '@drover/shared/fleet'
import { expect, inject, test } from 'vitest'
import type { FakeOllama } from './fakes/ollama/server.ts'
import { answer } from './fakes/ollama/tokens.ts'
import { chat } from './support/chat.ts'
import { startStack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

/** Most requests of a model that a host had at once. A slot that is freed and used again in one millisecond counts once. */
const mostAtOnce = (host: FakeOllama, model: string): number => {
  const changes = host.requests
    .filter(request => request.model === model)
    .flatMap(({ startedAt, endedAt = Infinity }) => [
      { atMs: startedAt, by: 1 },
      { atMs: endedAt, by: -1 },
    ])
    .sort((a, b) => a.atMs - b.atMs || a.by - b.by)
  let running = 0
  return Math.max(0, ...changes.map(({ by }) => (running += by)))
}

test(
  "no host ever gets more than its slots, nor more of one model than that model's",
  { timeout: 90_000 },
  async () => {
    const models = ['ma', 'mb', 'mc']
    // All in memory: swaps are another test's.
    const pin = ['h0', 'h1', 'h2']
    const host = { models, parallel: 8, maxLoadedModels: 3 }
    await using stack = await startStack({
      redisUrl,
      hosts: [
        { ...host, tokenMs: 10 },
        { ...host, tokenMs: 15 },
        { ...host, tokenMs: 20 },
      ],
      hostConfig: [{ slots: 3, modelSlots: 2 }, { slots: 4 }, { slots: 2, modelSlots: 1 }],
      config: {
        models: [
          { name: 'ma', pin },
          { name: 'mb', pin, hosts: ['h0', { id: 'h1', slots: 1 }, { id: 'h2', slots: 2 }] },
          { name: 'mc', pin },
        ],
      },
    })
    const loaded = async (): Promise<number[]> =>
      (await readFleet(stack.redis, stack.keys)).map(state => state.loaded.length)
    await expect.poll(loaded, { timeout: 10_000 }).toEqual([3, 3, 3])
    const asked = Array.from({ length: 150 }, (_, seed) => ({
      seed,
      model: models[seed % 3],
      max_tokens: 5 + (seed % 7),
    }))
    const answers = await Promise.all(asked.map(body => chat(stack.url, { body })))
    for (const [seed, result] of answers.entries())
      expect(result).toMatchObject({ status: 200, text: answer(seed, 5 + (seed % 7)) })

    const chats = stack.hosts.flatMap(({ requests }) => requests.filter(({ path }) => path === '/api/chat'))
    expect(chats).toHaveLength(asked.length)
    const limits = [
      { slots: 3, ma: 2, mb: 2, mc: 2 },
      { slots: 4, ma: 4, mb: 1, mc: 4 },
      { slots: 2, ma: 1, mb: 2, mc: 1 },
    ]
    for (const [index, { slots, ...perModel }] of limits.entries()) {
      const { [index]: tested } = stack.hosts
      // All are used, and no more than all.
      expect(tested?.inFlightMax, `h${index}`).toBe(slots)
      for (const [model, limit] of Object.entries(perModel))
        expect(mostAtOnce(tested!, `${model}:latest`), `${model} on h${index}`).toBeLessThanOrEqual(limit)
    }
  },
)
