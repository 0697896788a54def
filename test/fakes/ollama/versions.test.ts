import { describe, expect, test } from 'vitest'
import { linesOf, post, user } from './client.ts'
import { startFakeOllama } from './server.ts'

/** What was seen of Ollama 0.33.0 and 0.34.2, and cannot be seen in any one answer of one model. */

const model = 'llama3.2'

describe('versions', () => {
  test.each([
    ['0.33.0', undefined, 200],
    ['0.34.2', 0, 400],
  ])('%s tells that %s tokens were cached, and answers typical_p with %i', async (version, cached, status) => {
    await using fake = await startFakeOllama({ version })
    const chat = (options: object): Promise<Response> =>
      post(`${fake.url}/api/chat`, { model, messages: user('x'), options })
    const last = linesOf(await (await chat({ num_predict: 2 })).text()).at(-1)
    expect((last as { prompt_eval_cached_count?: number }).prompt_eval_cached_count).toBe(cached)
    expect((await chat({ typical_p: 0.5 })).status).toBe(status)
  })
})

describe('what is loaded anew', () => {
  test.each<[object, number]>([
    [{ options: { temperature: 0.1 } }, 1],
    [{ keep_alive: '10m' }, 1],
    [{ shift: true }, 1],
    [{ shift: false }, 2],
    [{ options: { num_ctx: 512 } }, 2],
    [{ options: { num_batch: 64 } }, 2],
    [{ options: { num_thread: 1 } }, 2],
  ])('after %j there were %i loads', async (more, loads) => {
    await using fake = await startFakeOllama()
    for (const body of [{}, more]) {
      const response = await post(`${fake.url}/api/chat`, { model, messages: user('x'), stream: false, ...body })
      await response.text()
    }
    expect(fake.loads).toBe(loads)
  })

  test('no context is larger than the model was trained for', async () => {
    await using fake = await startFakeOllama()
    for (const num_ctx of [131_072, 1_000_000])
      await (await post(`${fake.url}/api/chat`, { model, messages: user('x'), options: { num_ctx } })).text()
    expect(fake.loads).toBe(1)
    expect(await (await fetch(`${fake.url}/api/ps`)).json()).toMatchObject({ models: [{ context_length: 131_072 }] })
  })

  test('models of the same weights are one in memory, under the name that was loaded', async () => {
    await using fake = await startFakeOllama({ models: ['a', 'b'], sharedWeights: { b: 'a' } })
    for (const name of ['b', 'a', 'b'])
      await (await post(`${fake.url}/api/chat`, { model: name, messages: user('x') })).text()
    expect(fake.loads).toBe(1)
    const { models } = (await (await fetch(`${fake.url}/api/ps`)).json()) as { models: { name: string }[] }
    expect(models.map(({ name }) => name)).toEqual(['b:latest'])
  })
})

test('a full name is the short one', async () => {
  await using fake = await startFakeOllama()
  const response = await post(`${fake.url}/api/chat`, { model: 'registry.ollama.ai/library/llama3.2', messages: [] })
  expect(response.status).toBe(200)
})

test('an unload of a busy model leaves it in the list, expired, until it is done', async () => {
  await using fake = await startFakeOllama({ tokenMs: 20, tokens: 20 })
  const answered = post(`${fake.url}/api/chat`, { model, messages: user('x') }).then(response => response.text())
  await fake.waitFor(() => fake.running === 1, 5_000)
  await (await post(`${fake.url}/api/chat`, { model, keep_alive: 0 })).text()
  const loaded = async (): Promise<{ expires_at: string }[]> =>
    ((await (await fetch(`${fake.url}/api/ps`)).json()) as { models: { expires_at: string }[] }).models
  expect((await loaded()).map(({ expires_at: at }) => Date.parse(at) <= Date.now())).toEqual([true])
  await answered
  expect(await loaded()).toEqual([])
})

test('what is longer than 2 KiB has no length', async () => {
  await using fake = await startFakeOllama({ models: Array.from({ length: 20 }, (_, index) => `m${index}`) })
  const [tags, version] = await Promise.all([fetch(`${fake.url}/api/tags`), fetch(`${fake.url}/api/version`)])
  expect([tags.headers.get('content-length'), version.headers.get('content-length')]).toEqual([null, '20'])
  expect(((await tags.json()) as { models: object[] }).models.length).toBe(20)
})
