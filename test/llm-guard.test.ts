import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startStack, type Stack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

const banned = { substrings: ['project zeus'] }
const guard = {
  input: { scanners: ['BanSubstrings' as const], settings: { BanSubstrings: banned } },
  output: {
    scanners: ['BanSubstrings' as const],
    settings: { BanSubstrings: { ...banned, action: 'redact' as const } },
  },
}

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ redisUrl, config: { guard } })
})
afterAll(() => stack[Symbol.asyncDispose]())

const post = async (path: string, body: object): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(stack.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

test('a prompt is analyzed in the shape of LLM Guard', async () => {
  expect(await post('/analyze/prompt', { prompt: 'hello' })).toEqual({
    status: 200,
    body: { sanitized_prompt: 'hello', is_valid: true, scanners: { BanSubstrings: -1 } },
  })
  expect(await post('/analyze/prompt', { prompt: 'about Project Zeus' })).toEqual({
    status: 200,
    body: { sanitized_prompt: 'about ', is_valid: false, scanners: { BanSubstrings: 1 } },
  })
})

test('an answer is analyzed with its redactions, and counts as invalid all the same', async () => {
  expect(await post('/analyze/output', { prompt: 'x', output: 'it is project zeus!' })).toEqual({
    status: 200,
    body: { sanitized_output: 'it is [REDACTED]!', is_valid: false, scanners: { BanSubstrings: 1 } },
  })
})

test('a scan says the same without the text', async () => {
  expect((await post('/scan/prompt', { prompt: 'project zeus' })).body).toEqual({
    is_valid: false,
    scanners: { BanSubstrings: 1 },
  })
  expect((await post('/scan/output', { output: 'fine' })).body).toEqual({
    is_valid: true,
    scanners: { BanSubstrings: -1 },
  })
})

test('a scanner that is suppressed is left out', async () => {
  expect((await post('/scan/prompt', { prompt: 'project zeus', scanners_suppress: ['BanSubstrings'] })).body).toEqual({
    is_valid: true,
    scanners: {},
  })
})

test('what is wrong with a request is said in the shape of LLM Guard, with the field', async () => {
  expect(await post('/analyze/prompt', { prompt: 1 })).toEqual({
    status: 400,
    body: { message: "Invalid value for 'prompt': must be a string", details: null },
  })
})

test('a text of a megabyte is scanned in a thread', async () => {
  const prompt = `${'lorem ipsum '.repeat(90_000)} project zeus`
  expect((await post('/scan/prompt', { prompt })).body).toMatchObject({ is_valid: false })
})

test('operators can try a text, which is not counted', async () => {
  const response = await fetch(`${stack.adminUrl}/admin/guard/scan`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ side: 'input', text: 'the project zeus' }),
  })
  expect(await response.json()).toEqual({
    verdict: 'block',
    text: 'the ',
    lang: 'en',
    scanners: ['BanSubstrings'],
    findings: [{ scanner: 'BanSubstrings', rule: 'project zeus', start: 4, end: 16, score: 1, action: 'block' }],
  })
  expect(await (await fetch(`${stack.adminUrl}/admin/guard`)).json()).toEqual({ findings: [] })
})
