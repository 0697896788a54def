import { readFileSync } from 'node:fs'
import type { StreamEvent } from '@drover/shared/events'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatEcho } from './openai/chat-request.ts'
import type { AnswerMeta, Dialect } from './dialect.ts'
import { answer, anyText, called, end, meta, problem } from './fixtures/answers.ts'
import { ollamaChat } from './ollama/chat.ts'
import { ollamaEmbed, ollamaEmbeddings } from './ollama/embed.ts'
import { ollamaGenerate } from './ollama/generate.ts'
import { openaiChat } from './openai/chat.ts'
import { openaiCompletions } from './openai/completions.ts'

interface Fixture {
  name: string
  meta: AnswerMeta<ChatEcho>
  batches: { choice: number; events: StreamEvent[] }[]
  frames: string[]
}

const ollama: Dialect = ollamaChat

describe.each([
  ['openai', openaiChat],
  ['openai-completions', openaiCompletions as Dialect],
  ['ollama', ollama],
  ['ollama-generate', ollamaGenerate as Dialect],
])('%s streams', (name, dialect) => {
  const file = new URL(`fixtures/${name}-streams.json`, import.meta.url)
  test.each(JSON.parse(readFileSync(file, 'utf8')) as Fixture[])('$name', ({ meta, batches, frames }) => {
    const renderer = dialect.stream(meta)
    const rendered = batches.map(({ choice, events }) => renderer.events(choice, events))
    expect(rendered.join('') + renderer.close()).toBe(frames.join(''))
  })
})

describe('ollama', () => {
  test('any text comes back from the lines it was streamed in, and no line is blank', () => {
    fc.assert(
      fc.property(fc.array(anyText), texts => {
        const renderer = ollama.stream(meta)
        const events = texts.map((text): StreamEvent => ({ type: 'text', text }))
        const wire = renderer.events(0, events) + renderer.heartbeat() + renderer.events(0, [end]) + renderer.close()
        const lines = Buffer.from(wire)
          .toString()
          .split(/[\r\n\u0085\u2028\u2029]/)
        expect(lines.pop()).toBe('')
        const chunks = lines.map(line => JSON.parse(line) as { message: { content: string }; done: boolean })
        expect(chunks.map(chunk => chunk.message.content).join('')).toBe(texts.join(''))
        expect(chunks.map(chunk => chunk.done)).toEqual([...texts.map(() => false), false, true])
        expect(chunks.some(chunk => 'error' in chunk)).toBe(false)
      }),
    )
  })

  test('arguments on several lines still make one line', () => {
    const call = { id: '', name: 'f', arguments: '{\n  "a": "x"\r\n}' }
    expect(ollama.stream(meta).events(0, [{ type: 'tool_calls', calls: [call] }])).toMatch(/^[^\r\n]+\n$/)
  })

  test('a heartbeat is an ordinary chunk without text', () => {
    expect(JSON.parse(ollama.stream(meta).heartbeat())).toEqual({
      model: 'Llama3.2:1b',
      created_at: '2026-01-01T00:00:00.500Z',
      message: { role: 'assistant', content: '' },
      done: false,
    })
  })

  test('an error is a string', () => {
    expect(ollama.stream(meta).error(problem)).toBe(String.raw`{"error":"n\nis\u2028wrong"}` + '\n')
    expect(ollama.errorBody(problem, 'r1')).toEqual({ error: problem.message })
  })

  test('one object carries the whole answer, its metrics, and arguments with every digit', () => {
    expect(JSON.stringify(ollama.body(meta, [called]))).toBe(
      '{"model":"Llama3.2:1b","created_at":"2026-01-01T00:00:00.500Z","message":{"role":"assistant","content":"","thinking":"Hm",' +
        '"tool_calls":[{"id":"call_a","function":{"index":0,"name":"add","arguments":{"a":12345678901234567890}}},' +
        '{"function":{"index":1,"name":"now","arguments":{}}}]},"done":true,"done_reason":"stop",' +
        '"total_duration":1000,"load_duration":100,"prompt_eval_count":3,"prompt_eval_duration":200,"eval_count":2,"eval_duration":700}',
    )
  })

  test('of an answer that is not streamed, log probabilities and the context go beside the text', () => {
    const logprobs = [{ token: 'Hi', logprob: -0.5, bytes: [72, 105], top: [{ token: 'Ho', logprob: -1 }] }]
    const whole = { ...answer, reasoning: 'Hm', logprobs, contextJson: '[1, 12345678901234567890]' }
    expect(JSON.stringify(ollamaGenerate.body({ ...meta, echo: undefined }, [whole]))).toBe(
      '{"model":"Llama3.2:1b","created_at":"2026-01-01T00:00:00.500Z","response":"Hi","thinking":"Hm","done":true,"done_reason":"stop","context":[1,12345678901234567890],' +
        '"total_duration":1000,"load_duration":100,"prompt_eval_count":3,"prompt_eval_duration":200,"eval_count":2,"eval_duration":700,' +
        '"logprobs":[{"token":"Hi","logprob":-0.5,"bytes":[72,105],"top_logprobs":[{"token":"Ho","logprob":-1}]}]}',
    )
  })

  test('a heartbeat of a prompt is an ordinary chunk without text', () => {
    expect(JSON.parse(ollamaGenerate.stream({ ...meta, echo: undefined }).heartbeat())).toEqual({
      model: 'Llama3.2:1b',
      created_at: '2026-01-01T00:00:00.500Z',
      response: '',
      done: false,
    })
  })

  test('vectors are lists of numbers, in order; a load has none', () => {
    const base64 = (numbers: number[]): string => Buffer.from(new Float32Array(numbers).buffer).toString('base64')
    const embedded = { ...answer, vectors: [base64([0.5, -0.25]), base64([1, 0])] }
    const spent = { total_duration: 1000, load_duration: 100, prompt_eval_count: 3 }
    const about = { ...meta, echo: undefined }
    expect(ollamaEmbed.body(about, [embedded])).toEqual({
      model: 'Llama3.2:1b',
      embeddings: [
        [0.5, -0.25],
        [1, 0],
      ],
      ...spent,
    })
    expect(ollamaEmbed.body(about, [answer])).toEqual({ model: 'Llama3.2:1b', embeddings: [], ...spent })
    expect(ollamaEmbeddings.body(about, [embedded])).toEqual({ embedding: [0.5, -0.25] })
    expect(ollamaEmbeddings.body(about, [answer])).toEqual({ embedding: [] })
  })

  test('tool calls are an ordinary stop', () => {
    expect(ollama.body(meta, [{ ...called, reason: 'tool_calls' }])).toMatchObject({ done_reason: 'stop' })
  })
})
