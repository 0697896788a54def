import { Ollama } from 'ollama'
import { describe, expect, inject, test } from 'vitest'
import { answer } from '../fakes/ollama/tokens.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** The official `ollama` client, as its users use it. */

const redisUrl = inject('redisUrl')

const client = (stack: Stack, headers: Record<string, string> = {}): Ollama => new Ollama({ host: stack.url, headers })

const hi = { model: 'llama3.2', messages: [{ role: 'user', content: 'hi' }] }

const tool = {
  type: 'function',
  function: {
    name: 'weather',
    description: '',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}

describe('chat', () => {
  test('a whole answer, with every metric', async () => {
    await using stack = await startStack({ redisUrl })
    const response = await client(stack).chat({ ...hi, options: { seed: 7, num_predict: 12 } })
    expect(response).toMatchObject({
      model: 'llama3.2',
      message: { role: 'assistant', content: answer(7, 12) },
      done: true,
      done_reason: 'length',
      prompt_eval_count: 1,
      eval_count: 12,
      total_duration: expect.any(Number),
      load_duration: expect.any(Number),
      prompt_eval_duration: expect.any(Number),
      eval_duration: expect.any(Number),
    })
  })

  test('a streamed answer', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 2 }] })
    let text = ''
    const ends: boolean[] = []
    for await (const part of await client(stack).chat({ ...hi, stream: true, options: { seed: 7 } })) {
      text += part.message.content
      ends.push(part.done)
    }
    expect(text).toBe(answer(7, 32))
    expect(ends.indexOf(true)).toBe(ends.length - 1)
    expect(ends.length).toBeGreaterThan(10)
  })

  test('thinking and tool calls, streamed and not', async () => {
    await using stack = await startStack({ redisUrl })
    const ollama = client(stack)
    const thinking = await ollama.chat({ ...hi, think: true, options: { seed: 7 } })
    expect(thinking.message.thinking).not.toBe('')
    expect(thinking.message.content).toBe(answer(7, 32))
    const request = { ...hi, messages: [{ role: 'user', content: 'call weather {"city":"Hà Nội"}' }], tools: [tool] }
    const whole = await ollama.chat(request)
    const calls = [...(whole.message.tool_calls ?? [])]
    for await (const { message } of await ollama.chat({ ...request, stream: true }))
      calls.push(...(message.tool_calls ?? []))
    expect(calls.map(call => call.function)).toMatchObject([
      { name: 'weather', arguments: { city: 'Hà Nội' } },
      { name: 'weather', arguments: { city: 'Hà Nội' } },
    ])
  })

  test('log probabilities, streamed and not', async () => {
    await using stack = await startStack({ redisUrl })
    const request = { ...hi, logprobs: true, top_logprobs: 1, options: { seed: 7 } }
    const { logprobs = [] } = await client(stack).chat(request)
    expect(logprobs.map(({ token }) => token).join('')).toBe(answer(7, 32))
    const streamed = []
    for await (const part of await client(stack).chat({ ...request, stream: true }))
      streamed.push(...(part.logprobs ?? []))
    expect(streamed).toEqual(logprobs)
    expect(streamed[0]).toMatchObject({ logprob: expect.any(Number), top_logprobs: [{ token: streamed[0]!.token }] })
  })

  test('without messages, the model is loaded, streamed or not', async () => {
    await using stack = await startStack({ redisUrl })
    const ollama = client(stack)
    const loaded = { message: { role: 'assistant', content: '' }, done: true, done_reason: 'load' }
    expect(await ollama.chat({ model: 'llama3.2' })).toMatchObject(loaded)
    const parts = await Array.fromAsync(await ollama.chat({ model: 'llama3.2', messages: [], stream: true }))
    expect(parts.at(-1)).toMatchObject(loaded)
    expect(stack.hosts[0]!.loads).toBe(1)
  })

  test('while queued, a stream gives empty parts, and then its answer', async () => {
    const config = { slots: 1, server: { headersAfterMs: 50, heartbeatMs: 100 } }
    await using stack = await startStack({ redisUrl, config })
    stack.hosts[0]!.faults.next({ kind: 'stall', afterTokens: 1 })
    const ollama = client(stack)
    const running = await ollama.chat({ ...hi, stream: true })
    const queued = await ollama.chat({ ...hi, stream: true, options: { seed: 7 } })
    let text = ''
    let parts = 0
    for await (const { message } of queued) {
      text += message.content
      parts += 1
      if (parts === 3) {
        expect(text).toBe('')
        running.abort()
      }
    }
    expect(text).toBe(answer(7, 32))
  })
})

describe('leaving', () => {
  test('abort() on a stream stops the host within a second', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
    const [host] = stack.hosts
    const stream = await client(stack).chat({ ...hi, stream: true })
    const reading = (async () => {
      for await (const part of stream) if (part.message.content !== '') stream.abort()
    })()
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    await host!.waitFor(() => host!.requests[0]!.outcome === 'aborted', 1_000)
  })

  test('abort() on the client stops all of its streams', async () => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10, tokens: 10_000 }] })
    const [host] = stack.hosts
    const ollama = client(stack)
    const streams = await Promise.all([ollama.chat({ ...hi, stream: true }), ollama.chat({ ...hi, stream: true })])
    await host!.waitFor(() => host!.running === 2, 5_000)
    ollama.abort()
    for (const stream of streams)
      await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: 'AbortError' })
    await host!.waitFor(() => host!.requests.every(({ outcome }) => outcome === 'aborted'), 1_000)
  })
})

describe('errors', () => {
  test('a refusal is thrown with its status and one sentence', async () => {
    await using stack = await startStack({ redisUrl })
    const unknown = client(stack).chat({ ...hi, model: 'nope' })
    await expect(unknown).rejects.toMatchObject({
      name: 'ResponseError',
      status_code: 404,
      error: expect.stringContaining('nope'),
    })
    const wrong = client(stack).chat({ ...hi, stream: true, options: { num_predict: 1.5 } })
    await expect(wrong).rejects.toMatchObject({ status_code: 400, error: expect.stringContaining('num_predict') })
  })

  test.each(['errorLine', 'eof', 'reset'] as const)('a host that fails in mid-stream (%s) is thrown', async kind => {
    await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 10 }] })
    stack.hosts[0]!.faults.next(
      kind === 'errorLine' ? { kind, afterTokens: 3, message: 'boom' } : { kind, afterTokens: 3 },
    )
    let text = ''
    const stream = await client(stack).chat({ ...hi, stream: true, options: { seed: 7 } })
    const reading = (async () => {
      for await (const { message } of stream) text += message.content
    })()
    await expect(reading).rejects.toThrow(/./)
    expect(text).toBe(answer(7, 3))
  })
})
