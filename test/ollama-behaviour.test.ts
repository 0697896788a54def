import { expect, inject, test } from 'vitest'
import { chat } from './support/chat.ts'
import { ask, post } from './support/sse-client.ts'
import { startStack } from './support/stack.ts'

/** What a real Ollama was seen to do (docs/conformance.md), and what must not follow from it. */

const redisUrl = inject('redisUrl')

const detokenize =
  'detokenize error: {"error":{"code":500,"message":"vector::_M_range_check: __n (which is 999999) >= this->size() (which is 364)","type":"server_error"}}'

test.each([
  [500, 'template: :1: unclosed action'],
  [500, detokenize],
  [500, 'no user query found in messages'],
  [403, 'ollama cloud is disabled: remote model is unavailable'],
  [400, 'typical_p is no longer supported'],
])('a host’s %i "%s" is a 400 that costs no second host, and no host its good name', async (status, error) => {
  await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
  for (const host of stack.hosts) host.faults.every({ kind: 'status', status, body: JSON.stringify({ error }) })
  for (let nth = 1; nth <= 3; nth++) {
    const response = await post(`${stack.url}/api/generate`, { model: 'llama3.2', prompt: 'x', stream: false })
    expect(response.status).toBe(400)
    expect(((await response.json()) as { error: string }).error).toContain(error.slice(0, 40))
    expect(stack.hosts.flatMap(host => host.requests)).toHaveLength(nth)
  }
  for (const host of stack.hosts) host.faults.clear()
  const startedMs = performance.now()
  expect(await chat(stack.url, { body: { max_tokens: 2 } })).toMatchObject({ status: 200, end: 'length' })
  // A host that had failed would be left alone for half a second.
  expect(performance.now() - startedMs).toBeLessThan(400)
})

test('a model that repeats itself is given up by its host, which is asked again at once', async () => {
  await using stack = await startStack({ redisUrl })
  const [host] = stack.hosts
  const message = 'prediction aborted, token repeat limit reached'
  for (let nth = 0; nth < 5; nth++) {
    host!.faults.next({ kind: 'errorLine', afterTokens: 3, message })
    const failed = await chat(stack.url)
    expect(failed).toMatchObject({ status: 502, end: 'upstream_error' })
    expect(failed.raw).toContain(message)
  }
  const startedMs = performance.now()
  expect((await chat(stack.url)).status).toBe(200)
  expect(performance.now() - startedMs).toBeLessThan(400)
})

test('no client has a model loaded anew, whatever it asks', async () => {
  await using stack = await startStack({ redisUrl })
  const [host] = stack.hosts
  for (const more of [
    {},
    { shift: false },
    { shift: true },
    { options: { num_ctx: 512 } },
    { options: { num_batch: 64, num_thread: 1, num_gpu: 3, main_gpu: 1, use_mmap: false, draft_num_predict: 4 } },
  ]) {
    const response = await post(`${stack.url}/api/chat`, ask('hi', { stream: false, ...more }))
    expect(response.status).toBe(200)
    await response.text()
  }
  expect(host!.loads).toBe(1)
})

test('a client that wants no shifted context is told so, and that its prompt is too long', async () => {
  await using stack = await startStack({
    redisUrl,
    config: { models: [{ name: 'llama3.2', options: { num_ctx: 8 } }] },
  })
  const answer = async (words: number): Promise<[number, string | null]> => {
    const body = ask('word '.repeat(words), { stream: false, shift: false })
    const response = await post(`${stack.url}/api/chat`, body)
    await response.text()
    return [response.status, response.headers.get('x-drover-adjusted')]
  }
  expect(await answer(8)).toEqual([200, 'shift'])
  expect((await answer(9))[0]).toBe(400)
})

test('models of the same weights, of which only one is ever shown in memory, are not loaded again and again', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['a', 'b'], sharedWeights: { b: 'a' }, loadMs: 20 }],
    config: { models: ['a', 'b'].map(name => ({ name, pin: ['h0'] })), probe: { intervalMs: 100 } },
  })
  const [host] = stack.hosts
  await expect.poll(() => host!.controls.length, { timeout: 5_000 }).toBe(2)
  for (let nth = 0; nth < 10; nth++)
    expect(await chat(stack.url, { body: { model: nth % 2 ? 'a' : 'b', max_tokens: 2 } })).toMatchObject({
      status: 200,
    })
  // Ten probes later, the one that is never shown has not been asked for again.
  await new Promise(resolve => setTimeout(resolve, 1_000))
  expect([host!.loads, host!.controls.length]).toEqual([1, 2])
})

test('the counts of a newer Ollama, and the refusals of one that leaves its chats to llama-server, are understood', async () => {
  const images = ['iVBORw0KGgo=']
  await using stack = await startStack({
    redisUrl,
    hosts: [{ version: '0.34.2', native: ['llama3.2'], capabilities: { 'llama3.2': ['completion', 'vision'] } }],
    config: { models: [{ name: 'llama3.2', options: { num_ctx: 8 } }] },
  })
  const fits = await post(`${stack.url}/api/chat`, ask('hi', { stream: false }))
  expect(await fits.json()).toMatchObject({ prompt_eval_count: 1, done: true })
  const long = await post(`${stack.url}/v1/chat/completions`, ask('word '.repeat(9)))
  expect([long.status, await long.json()]).toMatchObject([400, { error: { code: 'context_length_exceeded' } }])
  const seen = await post(`${stack.url}/api/chat`, { ...ask('hi'), messages: [{ role: 'user', content: 'x', images }] })
  expect(seen.status).toBe(200)
  await seen.text()
})

test('who has a model loaded sees it in memory at once', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['a', 'b', 'c'] }],
    config: { probe: { intervalMs: 60_000 } },
  })
  for (const model of ['a', 'b', 'c']) {
    await (await post(`${stack.url}/api/generate`, { model })).text()
    const { models } = (await (await fetch(`${stack.url}/api/ps`)).json()) as { models: { name: string }[] }
    expect(models.map(({ name }) => name)).toEqual([`${model}:latest`])
  }
})
