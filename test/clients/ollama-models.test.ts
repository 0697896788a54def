import { Ollama } from 'ollama'
import { describe, expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The official `ollama` client, as its users look around with it. */

const redisUrl = inject('redisUrl')

const client = (stack: Stack, headers: Record<string, string> = {}): Ollama => new Ollama({ host: stack.url, headers })

const asks = (stack: Stack, model: string) =>
  client(stack).chat({ model, messages: [{ role: 'user', content: 'hi' }], options: { seed: 1 } })

describe('what there is', () => {
  test('list() has every public model of the fleet once, with the fields that clients print', async () => {
    const models = [{ name: 'llama3.2', aliases: ['gpt-4o'] }]
    await using stack = await startStack({
      redisUrl,
      config: { models },
      hosts: [{ models: ['llama3.2', 'qwen3:0.6b'] }, { models: ['llama3.2'] }],
    })
    const { models: listed } = await client(stack).list()
    expect(listed.map(({ name }) => name)).toEqual(['gpt-4o:latest', 'llama3.2:latest', 'qwen3:0.6b'])
    for (const model of listed) {
      expect(model).toMatchObject({
        model: model.name,
        modified_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        size: expect.any(Number),
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        details: {
          parent_model: expect.any(String),
          format: expect.any(String),
          family: expect.any(String),
          families: expect.any(Array),
          parameter_size: expect.any(String),
          quantization_level: expect.any(String),
        },
      })
      expect((await asks(stack, model.name)).message.content).toBe(answer(1, 32))
    }
  })

  test('a fleet without models lists none', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ models: [] }] })
    expect(await client(stack).list()).toEqual({ models: [] })
  })

  test('ps() has what is in memory', async () => {
    await using stack = await startStack({ redisUrl })
    const ollama = client(stack)
    expect(await ollama.ps()).toEqual({ models: [] })
    await asks(stack, 'llama3.2')
    const names = async (): Promise<string[]> => (await ollama.ps()).models.map(({ name }) => name)
    await expect.poll(names, { timeout: 5_000 }).toEqual(['llama3.2:latest'])
    const [model] = (await ollama.ps()).models
    expect(new Date(model!.expires_at).getTime()).toBeGreaterThan(Date.now())
  })

  test('show() tells what a model can do', async () => {
    await using stack = await startStack({ redisUrl })
    const capabilities = async (): Promise<string[]> =>
      (await client(stack).show({ model: 'llama3.2' })).capabilities ?? []
    await expect.poll(capabilities, { timeout: 5_000 }).toEqual(['completion', 'tools', 'thinking'])
    await expect(client(stack).show({ model: 'nope' })).rejects.toMatchObject({ status_code: 404 })
  })

  test('version() is that of the oldest host, as three numbers', async () => {
    await using stack = await startStack({
      redisUrl,
      hosts: [{ version: '0.33.0' }, { version: '0.9.12-rc1' }, { version: 'v0.10.1' }],
    })
    expect(await client(stack).version()).toEqual({ version: '0.9.12' })
  })
})

test('GET and HEAD say that it runs, without a key; the rest asks for one', async () => {
  await using stack = await startStack({ redisUrl, config: { server: { keys: ['sk-one'] } } })
  const root = await fetch(stack.url)
  expect([root.status, await root.text()]).toEqual([200, 'Ollama is running'])
  expect((await fetch(stack.url, { method: 'HEAD' })).status).toBe(200)
  for (const method of ['GET', 'HEAD'])
    for (const path of ['/api/tags', '/api/version', '/api/ps']) {
      expect((await fetch(`${stack.url}${path}`, { method })).status).toBe(401)
      const headers = { authorization: 'Bearer sk-one' }
      expect((await fetch(`${stack.url}${path}`, { method, headers })).status).toBe(200)
    }
  expect((await client(stack, { Authorization: 'Bearer sk-one' }).list()).models).toHaveLength(1)
  const nobody = client(stack)
  for (const ask of [() => nobody.list(), () => nobody.pull({ model: 'm' }), () => nobody.show({ model: 'm' })])
    await expect(ask()).rejects.toMatchObject({ status_code: 401, error: expect.stringMatching(/./) })
})

test('what would change the models is refused, with the reason', async () => {
  await using stack = await startStack({ redisUrl })
  const ollama = client(stack)
  const model = 'llama3.2'
  const refused = [
    () => ollama.pull({ model }),
    () => ollama.pull({ model, stream: true }),
    () => ollama.push({ model }),
    () => ollama.create({ model: 'mine', from: model }),
    () => ollama.copy({ source: model, destination: 'mine' }),
    () => ollama.delete({ model }),
  ]
  for (const ask of refused)
    await expect(ask()).rejects.toMatchObject({
      name: 'ResponseError',
      status_code: 403,
      error: expect.stringContaining('operator'),
    })
})
