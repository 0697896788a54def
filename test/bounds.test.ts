import { expect, inject, test } from 'vitest'
import { expectRefusal } from './support/refusal.ts'
import { ask, post, postChat } from './support/sse-client.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

interface Sent {
  readonly keep_alive?: number
  readonly options?: Record<string, unknown>
}

/** What the last request to a host was. */
const sentTo = (stack: Stack, host = 0): Sent => JSON.parse(stack.hosts[host]!.requests.at(-1)!.body) as Sent

const adjusted = (response: Response): string | null => response.headers.get('x-drover-adjusted')

test.each<[asked: unknown, sent: number, adjusted: string | null]>([
  ['5m', 300, null],
  [60, 60, null],
  ['24h', 1_800, 'keep_alive=1800'],
  [-1, 1_800, 'keep_alive=1800'],
  ['-1m', 1_800, 'keep_alive=1800'],
  [0, 1, 'keep_alive=1'],
])('keep_alive %o is sent as %s seconds, whatever the dialect', async (keepAlive, sent, header) => {
  await using stack = await startStack({ redisUrl })
  for (const path of ['/v1/chat/completions', '/api/chat']) {
    const response = await post(`${stack.url}${path}`, ask('hi', { keep_alive: keepAlive, stream: false }))
    expect([response.status, adjusted(response)], path).toEqual([200, header])
    expect(sentTo(stack).keep_alive, path).toBe(sent)
  }
})

test('the bounds of keep_alive are the operator’s', async () => {
  await using stack = await startStack({
    redisUrl,
    config: { clients: { keepAliveMinMs: 60_000, keepAliveMaxMs: 120_000 } },
  })
  for (const [keepAlive, sent] of [
    ['1s', 60],
    ['90s', 90],
    ['3m', 120],
  ] as const) {
    await postChat(stack.url, ask('hi', { keep_alive: keepAlive }))
    expect(sentTo(stack).keep_alive).toBe(sent)
  }
  await postChat(stack.url, ask('hi'))
  expect(sentTo(stack)).not.toHaveProperty('keep_alive')
})

test('num_ctx reaches a host only where the operator lets clients choose it, and no further than that', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['free', 'set', 'plain'] }],
    config: {
      models: [
        { name: 'free', numCtxMax: 8_192 },
        { name: 'set', options: { num_ctx: 2_048 } },
      ],
    },
  })
  for (const [model, asked, sent, header] of [
    ['free', 4_096, 4_096, null],
    ['free', 100_000, 8_192, 'num_ctx=8192'],
    ['set', 4_096, 2_048, 'num_ctx'],
    ['set', 2_048, 2_048, null],
    ['plain', 4_096, undefined, 'num_ctx'],
  ] as const) {
    const response = await post(`${stack.url}/api/chat`, ask('hi', { model, options: { num_ctx: asked, top_k: 5 } }))
    expect([response.status, adjusted(response)], `${model} ${asked}`).toEqual([200, header])
    await response.text()
    expect(sentTo(stack).options, `${model} ${asked}`).toEqual({ top_k: 5, ...(sent && { num_ctx: sent }) })
  }
})

test('options that have a host load its model anew are left out, and the answer says which', async () => {
  await using stack = await startStack({ redisUrl })
  const options = { num_gpu: 1, num_batch: 2, num_thread: 3, use_mmap: false, main_gpu: 0, temperature: 0.5, newest: 1 }
  const response = await post(`${stack.url}/api/chat`, ask('hi', { options, keep_alive: '1h', stream: false }))
  expect(response.status).toBe(200)
  expect(adjusted(response)).toBe('keep_alive=1800, num_gpu, num_batch, num_thread, use_mmap, main_gpu')
  expect(sentTo(stack).options).toEqual({ temperature: 0.5, newest: 1 })
})

test('several choices are adjusted alike, and it is said once', async () => {
  await using stack = await startStack({ redisUrl })
  const response = await postChat(stack.url, ask('hi', { n: 3, keep_alive: -1 }))
  expect([response.status, adjusted(response)]).toEqual([200, 'keep_alive=1800'])
  expect(stack.hosts[0]!.requests.map(({ body }) => (JSON.parse(body) as Sent).keep_alive)).toEqual([1800, 1800, 1800])
})

test('models that a host passes on to ollama.com are refused under every name, and allowed if the operator says so', async () => {
  const hosts = [{ models: ['big:cloud', 'gpt-oss:120b-cloud', 'small'] }]
  const models = [
    { name: 'big:cloud', aliases: ['big'] },
    { name: 'plain', hosts: [{ id: 'h0', model: 'gpt-oss:120b-cloud' }] },
    { name: 'missing', fallbacks: ['big', 'small'] },
  ]
  await using stack = await startStack({ redisUrl, hosts, config: { models } })
  for (const model of ['big:cloud', 'BIG:CLOUD', 'big', 'gpt-oss:120b-cloud', 'plain', 'unheard:cloud', 'x:1b-cloud'])
    await expectRefusal(await postChat(stack.url, ask('hi', { model })), 403, 'cloud_model_refused')
  const native = await post(`${stack.url}/api/chat`, ask('hi', { model: 'big:cloud' }))
  expect([native.status, await native.json()]).toEqual([403, { error: expect.stringContaining('big:cloud') }])
  expect(stack.hosts[0]!.requests).toHaveLength(0)
  // A fallback that is refused is passed over.
  expect((await postChat(stack.url, ask('hi', { model: 'missing' }))).status).toBe(200)
  expect(sentTo(stack)).toMatchObject({ model: 'small:latest' })

  await using open = await startStack({ redisUrl, hosts, config: { models, clients: { cloudModels: true } } })
  expect((await postChat(open.url, ask('hi', { model: 'big' }))).status).toBe(200)
})

test('log probabilities are refused where answers are scanned, because they would show what the scan hides', async () => {
  const scanned = { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: { substrings: ['zzz'] } } }
  const asking = (url: string): Promise<Response> => postChat(url, ask('hi', { logprobs: true, top_logprobs: 2 }))
  await using stack = await startStack({ redisUrl, config: { guard: { output: scanned } } })
  await expectRefusal(await asking(stack.url), 400, 'invalid_request', 'logprobs')
  expect(stack.hosts[0]!.requests).toHaveLength(0)
  await using open = await startStack({ redisUrl, config: { guard: { input: scanned } } })
  expect((await asking(open.url)).status).toBe(200)
})
