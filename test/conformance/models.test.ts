import { expect, inject, test } from 'vitest'
import { ask, postChat } from '../support/sse-client.ts'
import { startStack } from '../support/stack.ts'

/** /v1/models. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

interface Model {
  id: string
  object: string
  created: number
  owned_by: string
}

const list = async (url: string): Promise<Model[]> => {
  const response = await fetch(`${url}/v1/models`)
  expect(response.status).toBe(200)
  const body = (await response.json()) as { object: string; data: Model[] }
  expect(Object.keys(body).sort()).toEqual(['data', 'object'])
  expect(body.object).toBe('list')
  return body.data
}

const retrieve = async (url: string, path: string): Promise<unknown> => {
  const response = await fetch(`${url}/v1/models/${path}`)
  return { status: response.status, body: await response.json() }
}

test('17. the list is a list of models with id, object, created and owned_by', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ models: ['llama3.2', 'qwen3:0.6b'] }] })
  const models = await list(stack.url)
  expect(models.map(({ id }) => id)).toEqual(['llama3.2', 'qwen3:0.6b'])
  for (const model of models) {
    expect(model).toEqual({
      id: model.id,
      object: 'model',
      created: expect.any(Number),
      owned_by: expect.stringMatching(/./),
    })
    expect(Number.isInteger(model.created)).toBe(true)
    expect(model.created).toBeLessThanOrEqual(Date.now() / 1000)
  }
})

test('17. a fleet without models has an empty list, not null', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ models: [] }] })
  expect(await list(stack.url)).toEqual([])
})

test('18. a model on two hosts is listed once, however they write it', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['llama3.2'] }, { models: ['llama3.2:latest', 'Phi4'] }],
  })
  expect((await list(stack.url)).map(({ id }) => id)).toEqual(['llama3.2', 'phi4'])
})

test('18. an alias is a model of its own to clients, and has every name that its model has', async () => {
  const config = { models: [{ name: 'llama3.2', aliases: ['gpt-4o', 'Org/Model:Fast'] }] }
  await using stack = await startStack({ redisUrl, config })
  expect((await list(stack.url)).map(({ id }) => id)).toEqual(['gpt-4o', 'llama3.2', 'org/model:fast'])
  for (const path of ['gpt-4o', 'gpt-4o:latest', 'org%2Fmodel:fast'])
    expect(await retrieve(stack.url, path)).toMatchObject({ status: 200, body: { object: 'model' } })
  expect((await postChat(stack.url, ask('hi', { model: 'gpt-4o' }))).status).toBe(200)
})

test('19. a name with a colon is found, written raw and percent-encoded', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ models: ['llama3.2:1b'] }] })
  const raw = await retrieve(stack.url, 'llama3.2:1b')
  expect(raw).toMatchObject({ status: 200, body: { id: 'llama3.2:1b', object: 'model' } })
  expect(await retrieve(stack.url, 'llama3.2%3A1b')).toEqual(raw)
  expect(raw).toMatchObject({ body: (await list(stack.url))[0] })
})

test('20. a name with slashes is found, written raw and percent-encoded, in any case', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ models: ['hf.co/a/b:Q4'] }] })
  const encoded = await retrieve(stack.url, 'hf.co%2Fa%2Fb:Q4')
  expect(encoded).toMatchObject({ status: 200, body: { object: 'model' } })
  expect(await retrieve(stack.url, 'hf.co/a/b:Q4')).toEqual(encoded)
  expect(await retrieve(stack.url, 'hf.co/a/b%3aq4')).toEqual(encoded)
  expect((await postChat(stack.url, ask('hi', { model: 'hf.co/a/b:Q4' }))).status).toBe(200)
})

test('21. an unknown model is 404 model_not_found', async () => {
  await using stack = await startStack({ redisUrl })
  for (const path of ['nope', 'llama3.2:1b', 'llama3', 'hf.co%2Fa%2Fb', '', '%20', 'x'.repeat(3_000)])
    expect(await retrieve(stack.url, path)).toEqual({
      status: 404,
      body: {
        error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: 'model_not_found' },
      },
    })
})

test('22. with one host down the list answers at once and keeps its models; asking for one of them alone is 503', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['both', 'first'] }, { models: ['both', 'second'] }],
  })
  await stack.hosts[1]!.setDown(true)
  await expect
    .poll(async () => ((await (await fetch(`${stack.url}/health`)).json()) as { healthy_count: number }).healthy_count)
    .toBe(1)
  const before = performance.now()
  expect((await list(stack.url)).map(({ id }) => id)).toEqual(['both', 'first', 'second'])
  expect(performance.now() - before).toBeLessThan(1_000)
  expect((await postChat(stack.url, ask('hi', { model: 'both' }))).status).toBe(200)
  const refused = await postChat(stack.url, ask('hi', { model: 'second' }))
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
  expect(await refused.json()).toMatchObject({ error: { code: 'no_healthy_backends' } })
})
