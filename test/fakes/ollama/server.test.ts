import { describe, expect, test } from 'vitest'
import { contentOf, linesOf, post, user } from './client.ts'
import { startFakeOllama } from './server.ts'
import { answer, echoPieces, seedOf, thinkingTokens } from './tokens.ts'

describe('endpoints', () => {
  test.each([
    ['GET', '/', undefined, 200, 'Ollama is running'],
    ['HEAD', '/', undefined, 200, ''],
    ['GET', '/api/version', undefined, 200, '{"version":"0.33.0"}'],
    ['HEAD', '/api/tags', undefined, 200, ''],
    ['GET', '/api/ps', undefined, 200, '{"models":[]}'],
    ['GET', '/nowhere', undefined, 404, '404 page not found'],
    ['GET', '/api/chat', undefined, 405, '405 method not allowed'],
    ['POST', '/api/chat', '', 400, '{"error":"missing request body"}'],
    ['POST', '/api/chat', '{"messages":[]}', 400, '{"error":"model is required"}'],
    ['POST', '/api/chat', '{"model":"x"}', 404, `{"error":"model 'x' not found"}`],
    ['POST', '/api/chat', '{"model":"my-embed"}', 400, String.raw`{"error":"\"my-embed\" does not support chat"}`],
    [
      'POST',
      '/api/chat',
      '{"model":"a","options":{"seed":"1"}}',
      500,
      String.raw`{"error":"option \"seed\" must be of type integer"}`,
    ],
    ['POST', '/api/generate', '{}', 404, `{"error":"model '' not found"}`],
    ['POST', '/api/show', '{}', 400, '{"error":"model is required"}'],
    ['POST', '/api/show', '{"name":"x"}', 404, `{"error":"model 'x:latest' not found"}`],
    ['POST', '/api/embed', '{"model":"x"}', 404, String.raw`{"error":"model \"x\" not found, try pulling it first"}`],
    ['POST', '/api/embed', '{"model":"a","input":1}', 400, '{"error":"invalid input type"}'],
    ['POST', '/_fake/faults', '{"next":[{"kind":"x"}]}', 400, expect.stringContaining('next[0].kind')],
  ])('%s %s %s is %i', async (method, path, body, status, text) => {
    await using fake = await startFakeOllama({ models: ['a', 'my-embed'] })
    const response = await fetch(fake.url + path, { method, ...(body !== undefined && { body }) })
    expect(await response.text()).toEqual(text)
    expect(response.status).toBe(status)
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0)
  })

  test('tags, ps and show describe the models in the order of the fields of Ollama', async () => {
    await using fake = await startFakeOllama({ models: ['llama3.2', 'hf.co/a/b:Q4'] })
    const tags = (await (await fetch(`${fake.url}/api/tags`)).json()) as { models: { name: string }[] }
    expect(tags.models.map(model => model.name)).toEqual(['llama3.2:latest', 'hf.co/a/b:Q4'])
    const fields = ['name', 'model', 'modified_at', 'size', 'digest', 'details', 'capabilities']
    expect(Object.keys(tags.models[0]!)).toEqual(fields)

    expect(await (await post(`${fake.url}/api/chat`, { model: 'LLAMA3.2:latest' })).json()).toMatchObject({
      model: 'LLAMA3.2:latest',
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'load',
    })
    const ps = (await (await fetch(`${fake.url}/api/ps`)).json()) as { models: object[] }
    const shown = ['name', 'model', 'size', 'digest', 'details', 'expires_at', 'size_vram', 'context_length']
    expect(ps.models.map(model => Object.keys(model))).toEqual([shown])

    const unload = await post(`${fake.url}/api/chat`, { model: 'llama3.2', keep_alive: 0 })
    expect(await unload.json()).toMatchObject({ done_reason: 'unload' })
    expect(await (await fetch(`${fake.url}/api/ps`)).json()).toEqual({ models: [] })

    const show = await post(`${fake.url}/api/show`, { name: 'llama3.2' })
    expect(await show.json()).toMatchObject({ capabilities: ['completion', 'tools', 'thinking'] })
    fake.setModels(['other'])
    expect((await post(`${fake.url}/api/chat`, { model: 'llama3.2' })).status).toBe(404)
  })

  test('embeddings are deterministic, one per input', async () => {
    await using fake = await startFakeOllama()
    const response = await post(`${fake.url}/api/embed`, { model: 'llama3.2', input: ['a b', 'c'], dimensions: 8 })
    const body = (await response.json()) as { embeddings: number[][]; prompt_eval_count: number }
    expect(body.embeddings.map(vector => vector.length)).toEqual([8, 8])
    expect(body.prompt_eval_count).toBe(3)
    const legacy = await post(`${fake.url}/api/embeddings`, { model: 'llama3.2', prompt: 'c' })
    expect(((await legacy.json()) as { embedding: number[] }).embedding.length).toBe(64)
  })
})

describe('chat', () => {
  test('a stream is one line per token in the bytes of Ollama', async () => {
    await using fake = await startFakeOllama()
    const body = { model: 'llama3.2', messages: user('echo: <b>&'), options: { seed: 5 } }
    const response = await post(`${fake.url}/api/chat`, body)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    const lines = (await response.text()).split('\n')
    const time = String.raw`"created_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z"`
    const tokens = echoPieces(5, '<b>&')
    expect(lines.length).toBe(tokens.length + 2)
    expect(lines.at(-1)).toBe('')
    expect(lines[0]).toMatch(
      new RegExp(
        String.raw`^\{"model":"llama3.2",${time},"message":\{"role":"assistant","content":"\\u003c[^"]*"\},"done":false\}$`,
      ),
    )
    expect(lines.at(-2)).toMatch(
      new RegExp(
        String.raw`^\{"model":"llama3.2",${time},"message":\{"role":"assistant","content":""\},"done":true,"done_reason":"stop","total_duration":\d+,"load_duration":\d+,"prompt_eval_count":2,"prompt_eval_duration":\d+,"eval_count":${tokens.length},"eval_duration":\d+\}$`,
      ),
    )
    expect(contentOf(linesOf(lines.join('\n')))).toBe('<b>&')
  })

  test.each([
    ['a seed', { options: { seed: 9 } }, answer(9, 20), 'stop'],
    ['the last user message', {}, answer(seedOf('hello'), 20), 'stop'],
    ['a cut', { options: { seed: 9, num_predict: 5 } }, answer(9, 5), 'length'],
    ['a longer answer', { options: { seed: 9, num_predict: 700 } }, answer(9, 700), 'length'],
    ['a stop sequence', { messages: user('echo: one two'), options: { stop: ['x', ' t'] } }, 'one', 'stop'],
    ['an echo', { messages: user('echo: 河流\n🙂 echo: x') }, '河流\n🙂 echo: x', 'stop'],
    [
      'a cut echo',
      { messages: user('echo: abcdefgh'), options: { seed: 1, num_predict: 1 } },
      echoPieces(1, 'abcdefgh')[0],
      'length',
    ],
  ])('the answer for %s is known, streamed or whole', async (_name, more, text, reason) => {
    await using fake = await startFakeOllama({ tokens: 20 })
    const body = { model: 'llama3.2', messages: user('hello'), ...more }
    const lines = linesOf(await (await post(`${fake.url}/api/chat`, body)).text())
    expect(contentOf(lines)).toBe(text)
    expect(lines.at(-1)!.done_reason).toBe(reason)
    const whole = await post(`${fake.url}/api/chat`, { ...body, stream: false })
    expect(whole.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await whole.json()).toMatchObject({ message: { content: text }, done: true, done_reason: reason })
  })

  test('thinking comes first and counts as tokens', async () => {
    await using fake = await startFakeOllama({ tokens: 3 })
    const body = { model: 'llama3.2', messages: user('x'), think: true, options: { seed: 1 } }
    const lines = linesOf(await (await post(`${fake.url}/api/chat`, body)).text())
    expect(lines.slice(0, 4).map(line => line.message.thinking)).toEqual(thinkingTokens(1))
    expect(contentOf(lines.slice(4))).toBe(answer(1, 3))
    expect(lines.at(-1)).toMatchObject({ eval_count: 7 })
  })

  test('tool calls come whole in the last line, arguments digit for digit', async () => {
    await using fake = await startFakeOllama()
    const tools = ['add', 'sub'].map(name => ({ type: 'function', function: { name } }))
    const question = 'please call add {"a": 12345678901234567890}\ncall sub {"b":"<"}\ncall none {"c":1}'
    const response = await post(`${fake.url}/api/chat`, { model: 'llama3.2', messages: user(question), tools })
    const text = await response.text()
    expect(text.split('\n').length).toBe(2)
    expect(text).toContain('"function":{"index":0,"name":"add","arguments":{"a": 12345678901234567890}}')
    expect(text).toContain('"function":{"index":1,"name":"sub","arguments":{"b":"<"}}')
    expect(linesOf(text)[0]).toMatchObject({ done: true, done_reason: 'stop', message: { content: '' } })
  })

  test('generate answers a prompt and ends with a context', async () => {
    await using fake = await startFakeOllama({ tokens: 3 })
    const body = { model: 'llama3.2', prompt: 'x', options: { seed: 1 } }
    const lines = linesOf(await (await post(`${fake.url}/api/generate`, body)).text())
    expect(lines.map(line => line.response).join('')).toBe(answer(1, 3))
    expect(lines.at(-1)).toMatchObject({ done: true, context: [1, 2, 3] })
    const load = await post(`${fake.url}/api/generate`, { model: 'llama3.2' })
    expect(await load.json()).toMatchObject({ response: '', done_reason: 'load' })
  })
})
