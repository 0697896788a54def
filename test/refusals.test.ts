import { languages, type Language } from '@drover/shared/language'
import { expect, inject, test } from 'vitest'
import { chat, streamChat, type ChatResult } from './support/chat.ts'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

const greetings: Record<Language, string> = {
  en: 'Tell me something about the weather.',
  zh: '请告诉我一些关于天气的事情。',
  vi: 'Hãy cho tôi biết đôi điều về thời tiết.',
  ja: '天気について何か教えてください。',
  ko: '날씨에 대해 알려 주세요.',
  ru: 'Расскажи мне что-нибудь о погоде.',
  ar: 'أخبرني شيئًا عن الطقس.',
}

/** The characters an answer in that language is written with; English and Vietnamese share theirs but for the marks. */
const script: Record<Language, RegExp> = {
  en: /^[\p{Script=Latin}\p{Script=Common}]+$/u,
  zh: /\p{Script=Han}/u,
  vi: /[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/iu,
  ja: /[\p{Script=Hiragana}\p{Script=Katakana}]/u,
  ko: /\p{Script=Hangul}/u,
  ru: /\p{Script=Cyrillic}/u,
  ar: /\p{Script=Arabic}/u,
}

const messageOf = (result: ChatResult): string =>
  (JSON.parse(result.raw) as { error: { message: string } }).error.message

const expectInEveryLanguage = async (
  stack: Stack,
  expected: { status: number; end: string },
  body: Record<string, unknown> = {},
): Promise<void> => {
  for (const lang of languages) {
    const messages = [
      { role: 'user', content: greetings.en },
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: greetings[lang] },
    ]
    const result = await streamChat(stack.url, { body: { messages, ...body } })
    expect(result, lang).toMatchObject(expected)
    expect(messageOf(result), lang).toMatch(script[lang])
  }
}

test('an unknown model is 404, in the language of the last user message', async () => {
  await using stack = await startStack({ redisUrl })
  await expectInEveryLanguage(stack, { status: 404, end: 'model_not_found' }, { model: 'nobody' })
  expect(stack.hosts[0]?.requests).toHaveLength(0)
})

test('a bad field is 400, in the language of the last user message, and names the field', async () => {
  await using stack = await startStack({ redisUrl })
  await expectInEveryLanguage(stack, { status: 400, end: 'invalid_request' }, { max_tokens: 0 })
  expect((await chat(stack.url, { body: { max_tokens: 0 } })).raw).toContain('max_tokens')
})

test('a model whose hosts are all down is 503 with retry-after', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{}, {}] })
  for (const host of stack.hosts) await host.setDown(true)
  const health = async (): Promise<unknown> => (await fetch(`${stack.url}/health`)).json()
  await expect.poll(health, { timeout: 5_000 }).toMatchObject({ healthy_count: 0 })
  const result = await chat(stack.url)
  expect(result.end).toBe('no_healthy_backends')
  expect(messageOf(result)).toMatch(/^No healthy backends/)
  expect(Number(result.headers['retry-after'])).toBeGreaterThan(0)
  await expectInEveryLanguage(stack, { status: 503, end: 'no_healthy_backends' })
})

test('a queue deeper than its cap is 429 with retry-after, and what was accepted is answered', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 20 }],
    config: { slots: 1, queue: { depthMax: 3 } },
  })
  const [host] = stack.hosts
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, seed) => chat(stack.url, { body: { seed, max_tokens: 5 } })),
  )
  const refused = results.filter(result => result.status === 429)
  expect(refused.length).toBeGreaterThanOrEqual(8)
  for (const result of refused) {
    expect(result.end).toBe('queue_full')
    expect(Number(result.headers['retry-after'])).toBeGreaterThan(0)
  }
  expect(results.filter(result => result.status === 200)).toHaveLength(12 - refused.length)
  expect(host?.requests).toHaveLength(12 - refused.length)
})

test('a request that waits past its deadline is told so and never reaches a host', async () => {
  await using stack = await startStack({
    redisUrl,
    hosts: [{ tokenMs: 20, tokens: 500 }],
    config: { slots: 1, queue: { deadlineMs: 1_500 }, server: { headersAfterMs: 200, heartbeatMs: 200 } },
  })
  const [host] = stack.hosts
  const leave = new AbortController()
  const first = streamChat(stack.url, { signal: leave.signal })
  await host?.waitFor(() => host.running === 1, 5_000)
  const [whole, streamed] = await Promise.all([chat(stack.url), streamChat(stack.url)])
  expect(whole).toMatchObject({ status: 504, end: 'deadline_exceeded' })
  expect(streamed).toMatchObject({ status: 200, end: 'deadline_exceeded', done: false })
  expect(streamed.raw).toContain(': ')
  leave.abort()
  await first.catch(() => {})
})

test('a model that only a host that was never reached could have is 503, not 404', async () => {
  await using stack = await startStack({ redisUrl, absentHosts: 1 })
  expect(await chat(stack.url, { body: { model: 'nobody' } })).toMatchObject({
    status: 503,
    end: 'no_healthy_backends',
  })
  expect((await chat(stack.url)).status).toBe(200)
})
