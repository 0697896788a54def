import { describe, expect, test } from 'vitest'
import { linesOf, post, user } from './client.ts'
import { startFakeOllama } from './server.ts'
import { thinkingTokens } from './tokens.ts'

const capabilities = {
  plain: ['completion'],
  'hf.co/a/b:Q4': ['completion'],
  Thinker: ['completion', 'thinking', 'insert'],
  native: ['completion'],
  vectors: ['embedding'],
  all: ['completion', 'tools', 'thinking', 'vision', 'insert', 'embedding'],
}
const models = [...Object.keys(capabilities), 'usual', 'my-embed']

const tools = [{ type: 'function', function: { name: 'f' } }]
const images = ['iVBORw0KGgo=']
const seeing = [{ role: 'user', content: 'x', images }]

const byRunner = (code: number, message: string, type: string): string =>
  JSON.stringify({ error: { code, message, type } })
const noVision = byRunner(
  400,
  'Multimodal data provided, but model does not support multimodal requests.',
  'invalid_request_error',
)
const noProjector = byRunner(
  500,
  'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
  'server_error',
)
const noEmbeddings = 'This server does not support embeddings. Start it with `--embeddings`'
const schemaError = 'JSON schema error at #: unrecognized type nonsense'

describe('capabilities', () => {
  test.each<[string, object, number, string]>([
    ['chat', { model: 'plain', messages: user('x'), think: true }, 400, '"plain" does not support thinking'],
    ['chat', { model: 'plain', messages: user('x'), think: 'low' }, 400, '"plain" does not support thinking'],
    [
      'chat',
      { model: 'plain', messages: user('x'), tools },
      400,
      'registry.ollama.ai/library/plain:latest does not support tools',
    ],
    ['chat', { model: 'HF.co/a/b:Q4', messages: user('x'), tools }, 400, 'hf.co/a/b:Q4 does not support tools'],
    ['chat', { model: 'vectors', messages: user('x') }, 400, '"vectors" does not support chat'],
    ['chat', { model: 'my-embed', messages: [] }, 400, '"my-embed" does not support chat'],
    ['generate', { model: 'vectors', prompt: 'x' }, 400, '"vectors" does not support generate'],
    ['generate', { model: 'plain', prompt: 'x', think: true }, 400, '"plain" does not support thinking'],
    [
      'generate',
      { model: 'plain', prompt: 'x', suffix: 'y' },
      400,
      'registry.ollama.ai/library/plain:latest does not support insert',
    ],
    ['embed', { model: 'plain', input: 'x' }, 501, noEmbeddings],
    ['embeddings', { model: 'plain', prompt: 'x' }, 500, noEmbeddings],
    ['chat', { model: 'plain', messages: seeing }, 400, noVision],
    ['generate', { model: 'plain', prompt: 'x', images, stream: false }, 400, noVision],
    ['chat', { model: 'native', messages: seeing }, 500, noProjector],
    ['generate', { model: 'native', prompt: 'x', images, stream: false }, 400, noVision],
    [
      'chat',
      { model: 'plain', messages: user('x'), format: { properties: { a: { type: 'nonsense' } } } },
      400,
      byRunner(
        400,
        `Field 'json_schema': "json_schema": JSON schema conversion failed:\n${schemaError}`,
        'invalid_request_error',
      ),
    ],
    [
      'chat',
      { model: 'native', messages: user('x'), format: { type: 'nonsense' } },
      400,
      byRunner(
        400,
        `Unable to generate parser for this template. Automatic parser generation failed: ${schemaError}`,
        'invalid_request_error',
      ),
    ],
    ['generate', { model: 'plain', prompt: 'x', template: '{{ .Prompt' }, 500, 'template: :1: unclosed action'],
    ['chat', { model: 'a b!', messages: user('x') }, 400, 'invalid model name'],
    ['embed', { model: 'a b!', input: 'x' }, 400, 'invalid model name'],
    ['embeddings', { prompt: 'x' }, 400, 'model is required'],
    ['embeddings', { model: 'ALL', prompt: 'x' }, 404, 'model "ALL" not found, try pulling it first'],
    ['chat', { model: 'x:cloud', messages: user('x') }, 403, 'ollama cloud is disabled: remote model is unavailable'],
    ['embed', { model: 'x:1b-cloud', input: 'x' }, 403, 'ollama cloud is disabled: remote model is unavailable'],
  ])('%s refuses %j', async (endpoint, body, status, error) => {
    await using fake = await startFakeOllama({ models, capabilities, native: ['native'], noCloud: true })
    const response = await post(`${fake.url}/api/${endpoint}`, body)
    expect(await response.json()).toEqual({ error })
    expect(response.status).toBe(status)
    expect([...fake.requests, ...fake.controls].map(record => record.outcome)).toEqual(['refused'])
  })

  test.each([
    ['chat', { model: 'plain', messages: user('x'), think: false }],
    ['chat', { model: 'all', messages: seeing, tools, think: true }],
    ['generate', { model: 'all', prompt: 'x', suffix: 'y', images }],
    ['embed', { model: 'vectors', input: 'x' }],
    ['embed', { model: 'all', input: 'x' }],
    // Models without a list of their own take everything, as long as they do not have "embed" in their name.
    ['chat', { model: 'usual', messages: seeing, tools, think: true }],
    ['generate', { model: 'usual', prompt: 'x', suffix: 'y' }],
    ['embed', { model: 'usual', input: 'x' }],
    ['embed', { model: 'my-embed', input: 'x' }],
    ['generate', { model: 'my-embed', keep_alive: 0 }],
  ])('%s takes %j', async (endpoint, body) => {
    await using fake = await startFakeOllama({ models, capabilities })
    expect((await post(`${fake.url}/api/${endpoint}`, body)).status).toBe(200)
  })

  test('tags and show tell them, however the name is written', async () => {
    await using fake = await startFakeOllama({ models, capabilities })
    const tags = (await (await fetch(`${fake.url}/api/tags`)).json()) as {
      models: { name: string; capabilities: string[] }[]
    }
    const told = Object.fromEntries(tags.models.map(model => [model.name, model.capabilities]))
    expect(told).toMatchObject({
      'plain:latest': ['completion'],
      'hf.co/a/b:Q4': ['completion'],
      'Thinker:latest': capabilities.Thinker,
      'usual:latest': ['completion', 'tools', 'thinking'],
      'my-embed:latest': ['embedding'],
    })
    const show = await post(`${fake.url}/api/show`, { model: 'thinker:latest' })
    expect(await show.json()).toMatchObject({
      capabilities: capabilities.Thinker,
      license: expect.any(String),
      template: expect.any(String),
      parameters: expect.any(String),
      modified_at: expect.any(String),
      details: { family: 'llama' },
      model_info: { 'general.architecture': 'llama', 'llama.context_length': 131_072 },
    })
  })

  test.each([
    ['Thinker', undefined, true],
    ['Thinker', false, false],
    ['plain', undefined, false],
    ['usual', undefined, false],
  ])('%s, asked with think %s, thinks: %s', async (model, think, thinks) => {
    await using fake = await startFakeOllama({ models, capabilities })
    const body = { model, messages: user('x'), options: { seed: 1, num_predict: 2 }, think }
    const [line] = linesOf(await (await post(`${fake.url}/api/chat`, body)).text())
    expect(line!.message.thinking).toBe(thinks ? thinkingTokens(1)[0] : undefined)
  })
})
