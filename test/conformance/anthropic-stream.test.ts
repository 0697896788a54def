import { expect, inject, test } from 'vitest'
import { answer, seedOf, thinkingTokens } from '../fakes/ollama/tokens.ts'
import { askMessage, message, postMessage, sent, streamMessage, weather } from '../support/anthropic.ts'
import { sseBlocks } from '../support/sse-client.ts'
import { startStack } from '../support/stack.ts'

/** /v1/messages with `stream`. The numbers are those of the conformance checks. */

const redisUrl = inject('redisUrl')

test('136. the events of a stream come in order; message_start knows nothing yet, message_delta counts', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
  const { events } = await streamMessage(stack, askMessage('hi'))
  const [start, opened, ...rest] = events.filter(({ type }) => type !== 'ping')
  const [closed, delta, stop] = rest.slice(-3)
  const deltas = rest.slice(0, -3)
  expect(start).toMatchObject({
    type: 'message_start',
    message: { id: expect.stringMatching(/^msg_/), content: [], stop_reason: null, stop_sequence: null },
  })
  expect(opened).toEqual({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } })
  expect(deltas.every(({ type, index }) => type === 'content_block_delta' && index === 0)).toBe(true)
  expect(deltas.map(event => event.delta!.text).join('')).toBe(answer(seedOf('hi'), 8))
  expect(closed).toEqual({ type: 'content_block_stop', index: 0 })
  expect(delta).toMatchObject({ delta: { stop_reason: 'max_tokens' }, usage: { input_tokens: 1, output_tokens: 8 } })
  expect(stop).toEqual({ type: 'message_stop' })
})

test('136. a stream and a whole answer say the same', async () => {
  await using stack = await startStack({ redisUrl })
  const body = askMessage('hi', { max_tokens: 200, thinking: { type: 'adaptive' } })
  const whole = await message(stack, body)
  const { events } = await streamMessage(stack, body)
  const said = (kind: 'text' | 'thinking'): string => events.map(({ delta }) => delta?.[kind] ?? '').join('')
  expect([said('thinking'), said('text')]).toEqual([whole.content[0]!.thinking, whole.content[1]!.text])
  expect(events.at(-2)).toMatchObject({ delta: { stop_reason: whole.stop_reason }, usage: whole.usage })
})

test('136. while queued only comments come, after message_start pings', async () => {
  const config = { slots: 1, server: { headersAfterMs: 50, heartbeatMs: 100 } }
  await using stack = await startStack({ redisUrl, config })
  const [host] = stack.hosts
  host!.faults.next({ kind: 'stall', afterTokens: 2 })
  const leave = new AbortController()
  const running = await postMessage(stack, askMessage('one', { stream: true }), { signal: leave.signal })
  const blocks = sseBlocks(running)
  const seen: string[] = []
  const waiting = streamMessage(stack, askMessage('two'))
  for await (const block of blocks) {
    seen.push(block.split('\n')[0]!)
    if (seen.filter(name => name === 'event: ping').length === 3) break
  }
  leave.abort()
  expect(seen.indexOf('event: message_start')).toBeLessThan(seen.indexOf('event: ping'))
  const { events, comments } = await waiting
  expect(comments.length).toBeGreaterThan(1)
  expect(comments[0]).toMatch(/^: queued position=\d+/)
  expect(events[0]!.type).toBe('message_start')
  expect(events.at(-1)!.type).toBe('message_stop')
})

test('137. a streamed call: its block alone, its input in pieces that parse, every digit kept', async () => {
  await using stack = await startStack({ redisUrl })
  const body = askMessage('call weather {"city":"Hà Nội","id":12345678901234567890}', { tools: [weather] })
  const { events } = await streamMessage(stack, body)
  const started = events.filter(({ type }) => type === 'content_block_start')
  expect(started).toEqual([
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'tool_use', id: expect.stringMatching(/./), name: 'weather', input: {} },
    },
  ])
  const input = events.map(({ delta }) => delta?.partial_json ?? '').join('')
  expect(input).toBe('{"city":"Hà Nội","id":12345678901234567890}')
  expect(events.at(-2)).toMatchObject({ type: 'message_delta', delta: { stop_reason: 'tool_use' } })

  const whole = await (await postMessage(stack, body)).text()
  expect(whole).toContain('"input":{"city":"Hà Nội","id":12345678901234567890}')
  expect(JSON.parse(whole)).toMatchObject({ content: [{ type: 'tool_use', name: 'weather' }], stop_reason: 'tool_use' })
  expect(sent(stack)['tools']).toEqual([
    { type: 'function', function: { name: 'weather', description: 'tells it', parameters: weather.input_schema } },
  ])
})

test('139. thinking is a block of its own before the text, signed and closed before that opens', async () => {
  await using stack = await startStack({ redisUrl })
  const body = askMessage('hi', { thinking: { type: 'enabled', budget_tokens: 1024 } })
  const { events } = await streamMessage(stack, body)
  const order = events.filter(({ type }) => type.startsWith('content_block_'))
  const closed = order.findIndex(({ type }) => type === 'content_block_stop')
  expect(order[0]).toMatchObject({ index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } })
  expect(order[closed - 1]).toMatchObject({ index: 0, delta: { type: 'signature_delta' } })
  expect(order[closed + 1]).toMatchObject({ type: 'content_block_start', index: 1, content_block: { type: 'text' } })
  const thoughts = thinkingTokens(seedOf('hi')).join('')
  expect(events.map(({ delta }) => delta?.thinking ?? '').join('')).toBe(thoughts)
  expect((await message(stack, body)).content).toEqual([
    { type: 'thinking', thinking: thoughts, signature: '' },
    { type: 'text', text: answer(seedOf('hi'), 8) },
  ])
  expect(sent(stack)).toMatchObject({ think: true })
})
