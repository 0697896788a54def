import { describe, expect, inject, test } from 'vitest'
import { parseResponse, RawConnection } from '../support/raw-http.ts'
import { expectRefusal, traces } from '../support/refusal.ts'
import { ask, post, postChat } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** What a request body may be. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

test('3. a body that is not JSON is refused with 400 and leaves nothing in any queue', async () => {
  await using stack = await startStack({ redisUrl })
  for (const body of ['{bad', '{"model":', '[1,', 'hello', '{"model":"llama3.2"} x'])
    await expectRefusal(await postChat(stack.url, body), 400, 'invalid_json')
  expect(await traces(stack)).toBe(0)
  expect(stack.hosts[0]!.requests).toHaveLength(0)
  await (await postChat(stack.url, ask('hi'))).json()
  expect(await traces(stack)).toBeGreaterThan(0)
})

test('4. an empty body is refused with 400', async () => {
  await using stack = await startStack({ redisUrl })
  await expectRefusal(await postChat(stack.url, ''), 400, 'invalid_json')
  await expectRefusal(await postChat(stack.url, '  \n'), 400, 'invalid_json')
  await expectRefusal(await fetch(`${stack.url}/v1/chat/completions`, { method: 'POST' }), 400, 'invalid_request')
})

test('5. another content type, or none, is refused with 415; parameters of JSON are accepted', async () => {
  await using stack = await startStack({ redisUrl })
  const body = JSON.stringify(ask('hi'))
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
  ])
    await expectRefusal(
      await postChat(stack.url, body, { headers: { 'content-type': type } }),
      415,
      'unsupported_media_type',
    )
  const bytes = new Blob([body])
  await expectRefusal(
    await fetch(`${stack.url}/v1/chat/completions`, { method: 'POST', body: bytes }),
    415,
    'unsupported_media_type',
  )
  for (const type of ['application/json; charset=utf-8', 'application/json;charset=UTF-8', 'Application/JSON'])
    expect((await postChat(stack.url, body, { headers: { 'content-type': type } })).status).toBe(200)
})

test('6. a body that is not UTF-8 is refused with 400 and reaches no host, mended or not', async () => {
  await using stack = await startStack({ redisUrl })
  const [before = '', after = ''] = JSON.stringify(ask('a☃b')).split('☃')
  for (const bad of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x99], [0xc0, 0xaf]]) {
    const body = new Uint8Array(Buffer.concat([Buffer.from(before), Buffer.from(bad), Buffer.from(after)]))
    await expectRefusal(await post(`${stack.url}/v1/chat/completions`, body), 400, 'invalid_json')
  }
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('7. a lone surrogate is answered with a defined result: the host reads U+FFFD in its place', async () => {
  await using stack = await startStack({ redisUrl })
  const body = String.raw`{"model":"llama3.2","messages":[{"role":"user","content":"echo: a\ud800b\udc00\ud83d\ude00"}]}`
  const answer = (await (await postChat(stack.url, body)).json()) as { choices: { message: { content: string } }[] }
  expect(answer.choices[0]!.message.content).toBe('a\ufffdb\ufffd😀')
  const sent = JSON.parse(stack.hosts[0]!.requests[0]!.body) as { messages: { content: string }[] }
  expect(sent.messages[0]!.content).toBe('echo: a\ufffdb\ufffd😀')
})

describe('8. a body above the limit is refused with 413', () => {
  const bodyBytesMax = 64 * 1024
  const start = (): Promise<Stack> => startStack({ redisUrl, config: { server: { bodyBytesMax } } })

  test('8. whole bodies: one byte more is too much', async () => {
    await using stack = await start()
    const empty = JSON.stringify(ask('')).length
    const fitting = ask('x'.repeat(bodyBytesMax - empty))
    expect((await postChat(stack.url, fitting)).status).toBe(200)
    const tooLarge = ask('x'.repeat(bodyBytesMax - empty + 1))
    await expectRefusal(await postChat(stack.url, tooLarge), 413, 'body_too_large')
    await expectRefusal(await postChat(stack.url, ask('x'.repeat(4_000_000))), 413, 'body_too_large')
  })

  test('8. a content-length that announces too much is refused before the body, and the connection closed', async () => {
    await using stack = await start()
    using connection = new RawConnection(stack.url)
    connection.socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000000000\r\n\r\n{',
    )
    expect(await connection.ended).toBe('end')
    const response = parseResponse(connection.text)
    expect(response.status).toBe(413)
    expect(JSON.parse(response.body)).toMatchObject({ error: { code: 'body_too_large' } })
  })

  test('8. a chunked body that never ends is cut off: 413, the connection closed, no more read than that', async () => {
    await using stack = await start()
    using connection = new RawConnection(stack.url)
    connection.socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    )
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`
    const closed = new Promise(resolve => connection.socket.once('close', resolve))
    const pump = (): void => {
      while (connection.socket.writable && connection.socket.write(chunk));
    }
    connection.socket.on('drain', pump)
    pump()
    await connection.ended
    connection.socket.destroy()
    await closed
    const response = parseResponse(connection.text)
    expect(response.status).toBe(413)
    expect(JSON.parse(response.body)).toMatchObject({ error: { code: 'body_too_large' } })
    // What the server did not read lies in the kernel's buffers, some megabytes at most.
    expect(connection.socket.bytesWritten).toBeLessThan(16 * 1024 * 1024)
  })
})

test('9. 100,000 opening brackets are refused with 400 within a second, and the process lives', async () => {
  await using stack = await startStack({ redisUrl })
  for (const body of [
    '['.repeat(100_000),
    '{"a":'.repeat(100_000),
    `{"model":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  ]) {
    const before = performance.now()
    await expectRefusal(await postChat(stack.url, body), 400, 'invalid_json')
    expect(performance.now() - before).toBeLessThan(1_000)
  }
  expect((await postChat(stack.url, ask('hi'))).status).toBe(200)
})

test('14. of repeated keys the last counts; keys that could pollute a prototype are refused', async () => {
  await using stack = await startStack({ redisUrl })
  const messages = '"messages":[{"role":"user","content":"hi"}]'
  const repeated = await postChat(
    stack.url,
    `{"model":"nope",${messages},"max_tokens":9,"max_tokens":3,"model":"llama3.2"}`,
  )
  expect(await repeated.json()).toMatchObject({ usage: { completion_tokens: 3 } })
  for (const key of [
    '"__proto__":{"polluted":true}',
    '"constructor":{"prototype":{"polluted":true}}',
    String.raw`"\u005f_proto__":{"polluted":true}`,
  ]) {
    await expectRefusal(await postChat(stack.url, `{"model":"llama3.2",${messages},${key}}`), 400, 'invalid_json')
    await expectRefusal(
      await postChat(stack.url, `{"model":"llama3.2",${messages},"metadata":{${key}}}`),
      400,
      'invalid_json',
    )
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

/** Every endpoint that asks a model, and what its refusals look like. */
const openai = {
  error: { message: expect.any(String), type: expect.any(String), param: null, code: expect.any(String) },
}
const anthropic = {
  type: 'error',
  error: { type: expect.stringMatching(/_error$|_too_large$/), message: expect.any(String) },
  request_id: expect.stringMatching(/^r_/),
}
const ollama = { error: expect.any(String) }

describe.each<[path: string, envelope: object, anyType: boolean]>([
  ['/v1/chat/completions', openai, false],
  ['/v1/completions', openai, false],
  ['/v1/embeddings', openai, false],
  ['/v1/responses', openai, false],
  ['/v1/messages', anthropic, false],
  ['/api/chat', ollama, true],
  ['/api/generate', ollama, true],
  ['/api/embed', ollama, true],
  ['/api/embeddings', ollama, true],
])('a body that is none, sent to %s', (path, envelope, anyType) => {
  const bodyBytesMax = 64 * 1024

  test.each<[string, string | Uint8Array<ArrayBuffer>, number]>([
    ['3. that is not JSON', '{bad', 400],
    ['3. that goes on after its end', '{} {}', 400],
    ['4. that is empty', '', 400],
    ['6. that is not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400],
    ['8. that is too large', ' '.repeat(bodyBytesMax + 1), 413],
    ['9. that is nested too deeply', '['.repeat(30_000), 400],
    ['14. that could pollute a prototype', '{"__proto__":{}}', 400],
  ])('%s is refused in the words of the dialect, as JSON', async (_name, body, status) => {
    await using stack = await startStack({ redisUrl, config: { server: { bodyBytesMax } } })
    const response = await post(`${stack.url}${path}`, body)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(response.headers.get('x-request-id')).toMatch(/^r_/)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect([response.status, await response.json()]).toEqual([status, envelope])
    expect(await traces(stack)).toBe(0)
  })

  test('5. with another content type is refused under /v1, and read as JSON under /api as Ollama does', async () => {
    await using stack = await startStack({ redisUrl })
    const response = await post(`${stack.url}${path}`, '{bad', { headers: { 'content-type': 'text/plain' } })
    expect([response.status, await response.json()]).toEqual([anyType ? 400 : 415, envelope])
  })
})

test.each(['[]', '"text"', '1', 'true', 'null', '{}'])('11. JSON that is no request is refused: %s', async body => {
  await using stack = await startStack({ redisUrl })
  for (const path of [
    '/v1/chat/completions',
    '/v1/completions',
    '/v1/embeddings',
    '/v1/messages',
    '/api/chat',
    '/api/generate',
    '/api/embed',
    '/api/embeddings',
  ])
    expect([path, (await post(`${stack.url}${path}`, body)).status]).toEqual([path, 400])
})
