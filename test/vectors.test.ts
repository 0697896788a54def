import { expect, inject, test } from 'vitest'
import { embedding } from './fakes/ollama/tokens.ts'
import { post } from './support/sse-client.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')
const input = Array.from({ length: 200 }, (_, index) => `text ${index}`)

/** Bytes of all response logs in Redis. */
const logBytes = async ({ redis, keys }: Stack): Promise<number> => {
  const logs = await redis.keys(`${keys.prefix}:{r_*}:*`)
  const sizes = await Promise.all(logs.map(key => redis.memory('USAGE', key)))
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
}

test.each([
  ['without a guard', {}],
  [
    'behind a guard',
    {
      output: {
        scanners: ['BanSubstrings' as const],
        settings: { BanSubstrings: { substrings: ['x'], action: 'block' as const } },
      },
    },
  ],
])('vectors that were delivered do not stay in Redis, %s', async (_name, guard) => {
  await using stack = await startStack({ redisUrl, hosts: [{ models: ['embed-small'] }], config: { guard } })
  for (let nth = 0; nth < 3; nth += 1) {
    const response = await post(`${stack.url}/v1/embeddings`, { model: 'embed-small', input })
    const { data } = (await response.json()) as { data: unknown[] }
    expect([response.status, data.length]).toEqual([200, input.length])
  }
  await expect.poll(() => logBytes(stack)).toBeLessThan(40_000)
})

test('nor do those of a client that left', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ models: ['embed-small'] }] })
  stack.hosts[0]!.faults.next({ kind: 'delay', ms: 0 }, { kind: 'neverAnswer' })
  const leaving = new AbortController()
  const asked = post(`${stack.url}/v1/embeddings`, { model: 'embed-small', input }, { signal: leaving.signal })
  asked.catch(() => {})
  await expect.poll(() => stack.hosts[0]!.requests.length).toBeGreaterThanOrEqual(2)
  leaving.abort()
  await expect.poll(async () => (await stack.redis.keys(`${stack.keys.prefix}:{r_*}:out`)).length).toBe(1)
  await expect.poll(() => logBytes(stack)).toBeLessThan(15_000)
})

test.each([
  ['without a guard', {}],
  [
    'behind a guard',
    { output: { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['x'] } } } },
  ],
])(
  'a host that fails among the vectors is replaced by another, and the client sees nothing of it, %s',
  async (_name, guard) => {
    const host = { models: ['embed-small'] }
    await using stack = await startStack({ redisUrl, hosts: [host, host], config: { guard } })
    for (const { faults } of stack.hosts)
      faults.next({ kind: 'delay', ms: 0 }, { kind: 'status', status: 500, body: '{"error":"no"}' })
    const ask = { model: 'embed-small', input, encoding_format: 'float' }
    const response = await post(`${stack.url}/v1/embeddings`, ask)
    const { data } = (await response.json()) as { data: { embedding: number[] }[] }
    expect(response.status).toBe(200)
    expect(data.map(({ embedding: vector }) => vector)).toEqual(input.map(text => embedding(text, 64).map(Math.fround)))
  },
)
