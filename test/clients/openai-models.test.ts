import OpenAI, { NotFoundError } from 'openai'
import { expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** Models with the official `openai` client. */

const redisUrl = inject('redisUrl')

const client = (stack: Stack): OpenAI => new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'any', maxRetries: 0 })

test('the list, and each of its models by name, with slashes and colons', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ models: ['llama3.2', 'qwen3:0.6b', 'hf.co/unsloth/gemma-3:q4_k_m'] }],
  })
  const openai = client(stack)
  const { data } = await openai.models.list()
  expect(data.map(({ id }) => id).sort()).toEqual(['hf.co/unsloth/gemma-3:q4_k_m', 'llama3.2', 'qwen3:0.6b'])
  for (const model of data) expect(await openai.models.retrieve(model.id)).toEqual(model)
  await expect(openai.models.retrieve('nope')).rejects.toThrow(NotFoundError)
})

test('an alias is a model like any other', async () => {
  const models = [{ name: 'llama3.2', aliases: ['gpt-4o'] }]
  await using stack = await startStack({ redisUrl, config: { models } })
  const openai = client(stack)
  expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(['gpt-4o', 'llama3.2'])
  expect((await openai.models.retrieve('gpt-4o')).id).toBe('gpt-4o')
  const completion = await openai.chat.completions.create({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'hi' }],
    seed: 1,
  })
  expect(completion).toMatchObject({ model: 'gpt-4o', choices: [{ message: { content: answer(1, 32) } }] })
})
