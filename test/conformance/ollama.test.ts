import { expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { done, part, says } from '../support/host-script.ts'
import { jsonOf, metrics, readLines, sentence } from '../support/ndjson.ts'
import { ask, lines, post } from '../support/sse-client.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** /api/chat. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

interface Line {
  model: string
  created_at: string
  message: { role: string; content: string; thinking?: string }
  done: boolean
  done_reason?: string
}

const chat = (stack: Stack, body: object, signal?: AbortSignal): Promise<Response> =>
  post(`${stack.url}/api/chat`, body, signal === undefined ? {} : { signal })

const contentOf = (all: readonly object[]): string => all.map(line => (line as Line).message.content).join('')

test('143. without stream the answer is NDJSON; its last line is done and has every metric', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
  const all = await readLines(await chat(stack, ask('one two', { options: { seed: 4, num_predict: 6 } })))
  expect(contentOf(all)).toBe(answer(4, 6))
  const last = all.pop()!
  expect(last).toMatchObject({
    model: 'llama3.2',
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: 'length',
  })
  for (const name of metrics) expect([name, Number.isInteger(last[name])]).toEqual([name, true])
  expect(last).toMatchObject({ prompt_eval_count: 2, eval_count: 6 })
  expect(last['total_duration']).toBeGreaterThan(0)
  for (const line of all) {
    expect(line).toMatchObject({ model: 'llama3.2', message: { role: 'assistant' }, done: false })
    expect(new Date(String(line['created_at'])).getTime()).toBeGreaterThan(Date.now() - 60_000)
  }
  expect(all.length).toBeGreaterThan(1)
})

test('143. a body without a content type is read as JSON, as curl -d sends it', async () => {
  await using stack = await startStack({ redisUrl })
  const body = JSON.stringify(ask('hi', { options: { seed: 4, num_predict: 6 } }))
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  expect(contentOf(await readLines(await post(`${stack.url}/api/chat`, body, { headers })))).toBe(answer(4, 6))
})

test('144. stream:false gives one JSON object with the same text and every metric', async () => {
  await using stack = await startStack({ redisUrl })
  const response = await chat(stack, ask('hi', { stream: false, options: { seed: 4, num_predict: 6 } }))
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  const body = (await response.json()) as Record<string, unknown>
  expect(body).toMatchObject({
    model: 'llama3.2',
    done: true,
    done_reason: 'length',
    message: { role: 'assistant', content: answer(4, 6) },
  })
  for (const name of metrics) expect([name, Number.isInteger(body[name])]).toEqual([name, true])
})

test('145. a refusal is {"error":"…"} with a string and nothing else, whatever was asked for', async () => {
  await using stack = await startStack({ redisUrl })
  for (const stream of [true, false, undefined]) {
    expect(await jsonOf(chat(stack, ask('hi', { model: 'nope', stream })))).toEqual([404, sentence()])
    expect(await jsonOf(chat(stack, ask('hi', { options: { temperature: 'hot' }, stream })))).toEqual([400, sentence()])
  }
  expect(await jsonOf(post(`${stack.url}/api/chat`, '{bad'))).toEqual([400, sentence()])
  expect(await jsonOf(post(`${stack.url}/api/chat`, ''))).toEqual([400, sentence()])
  expect(await jsonOf(post(`${stack.url}/api/nope`, '{}'))).toEqual([404, sentence()])
  expect(stack.hosts[0]!.requests).toHaveLength(0)
})

test('146. while queued, heartbeats are valid chunks without content, never blank lines', async () => {
  const server = { headersAfterMs: 50, heartbeatMs: 100 }
  await using stack = await startStack({ redisUrl, config: { slots: 1, server } })
  const [host] = stack.hosts
  host!.faults.next({ kind: 'stall', afterTokens: 0 })
  const leave = new AbortController()
  const stalled = await chat(stack, ask('one'), leave.signal)
  expect(stalled.status).toBe(200)
  const response = await chat(stack, ask('two', { options: { seed: 2 } }))
  const beats: Line[] = []
  let content = ''
  for await (const text of lines(response)) {
    const line = JSON.parse(text) as Line
    content += line.message.content
    if (content === '' && !line.done) beats.push(line)
    if (beats.length === 3) leave.abort()
  }
  expect(content).toBe(answer(2, 32))
  expect(beats.length).toBeGreaterThanOrEqual(3)
  for (const beat of beats)
    expect(beat).toEqual({
      model: 'llama3.2',
      created_at: expect.any(String),
      message: { role: 'assistant', content: '' },
      done: false,
    })
})

test.each(['errorLine', 'eof', 'reset'] as const)(
  '147. a failure in mid-stream (%s) is one {"error":"…"} line, then the end',
  async kind => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
    stack.hosts[0]!.faults.next(
      kind === 'errorLine' ? { kind, afterTokens: 3, message: 'boom' } : { kind, afterTokens: 3 },
    )
    const all = await readLines(await chat(stack, ask('hi', { options: { seed: 4 } })))
    expect(all.at(-1)).toEqual({ error: expect.stringMatching(/./) })
    expect(contentOf(all.slice(0, -1))).toBe(answer(4, 3))
    expect(all.some(line => line['done'] === true)).toBe(false)
  },
)

test('148. no line of a healthy answer has an error key, whatever it carries', async () => {
  await using stack = await startStack({ redisUrl })
  const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }]
  const healthy = [
    await readLines(await chat(stack, ask('hi'))),
    await readLines(await chat(stack, ask('hi', { think: true }))),
    await readLines(await chat(stack, ask('call weather {"error":1}', { tools }))),
    await readLines(await chat(stack, ask('echo: {"error":"x"}\n{"error":null}'))),
    [(await (await chat(stack, ask('hi', { stream: false }))).json()) as Record<string, unknown>],
  ]
  for (const all of healthy) {
    expect(all.at(-1)!['done']).toBe(true)
    expect(all.filter(line => 'error' in line)).toEqual([])
  }
})

test('148. content that looks like a line break stays within its line', async () => {
  await using stack = await startStack({ redisUrl })
  const text = 'a\n{"error":"x"}\r\nb\u2028c\u2029d\u0085e'
  stack.hosts[0]!.faults.next(says(part({ content: text }), done()))
  const response = await chat(stack, ask('hi'))
  const raw = await response.text()
  expect(raw).not.toMatch(/[\r\u0085\u2028\u2029]/)
  const all = raw
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
  expect(contentOf(all)).toBe(text)
  expect(all).toHaveLength(2)
})
