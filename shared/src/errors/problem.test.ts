import { expect, test } from 'vitest'
import { languages, type Language } from '../language.ts'
import { errorCodes } from './catalogue.ts'
import { DroverError } from './drover-error.ts'
import { messageParams, type Messages } from './messages/messages.ts'
import { problemOf, toProblem } from './problem.ts'

const scripts: Record<Language, RegExp> = {
  en: /^[\x20-\x7e]+$/,
  zh: /\p{Script=Han}/u,
  vi: /[ăâđêôơưàáạảãèéẹẻẽìíịỉĩòóọỏõùúụủũỳýỵỷỹ]|[\u1EA0-\u1EF9]/i,
  ja: /[\p{Script=Hiragana}\p{Script=Katakana}]/u,
  ko: /\p{Script=Hangul}/u,
  ru: /\p{Script=Cyrillic}/u,
  ar: /\p{Script=Arabic}/u,
}

const every = languages.flatMap(lang => errorCodes.map(code => ({ lang, code })))

test.each(every)('$lang $code is one clean sentence in its language that says all its params', ({ lang, code }) => {
  const params = Object.fromEntries(messageParams[code].map((name, index) => [name, `value${index}`]))
  const { message } = problemOf(code, params, lang)
  expect(message).toMatch(scripts[lang])
  for (const value of Object.values(params)) expect(message).toContain(value)
  expect(message).not.toMatch(/undefined|NaN|redis|bullmq|worker|\{|\}|\s\s/i)
  expect(message.length).toBeLessThan(160)
  expect(problemOf(code, {}, lang).message).not.toMatch(/undefined|NaN|\(\)/)
})

test.each(languages)('no two codes say the same in %s', lang => {
  expect(new Set(errorCodes.map(code => problemOf(code, {}, lang).message)).size).toBe(errorCodes.length)
})

test('clients find the phrases they look for', () => {
  expect(problemOf('no_healthy_backends', { model: 'llama3.2' }, 'en').message).toMatch(/^No healthy backends/)
  for (const lang of languages) {
    expect(problemOf('context_length_exceeded', { model: 'm' }, lang).message).toContain('maximum context length')
  }
})

test('an invalid request names its field, in the message and as param', () => {
  const params = { field: 'messages[0].content', problem: 'must be a string' }
  for (const lang of languages) {
    const problem = problemOf('invalid_request', params, lang)
    expect(problem.message).toContain('messages[0].content')
    expect(problem.message).toContain('must be a string')
    expect(problem).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'messages[0].content' })
  }
  expect(problemOf('invalid_request', { ...params, field: '' }, 'en')).toMatchObject({
    message: 'Invalid request: must be a string',
    param: null,
  })
  expect(problemOf('model_not_found', { model: 'm', field: 'model' }, 'en').param).toBeNull()
})

test('what a model cannot do names the field that asks for it, where that is known', () => {
  expect(problemOf('model_unsupported', { model: 'm', detail: 'tools', field: 'tools' }, 'en').param).toBe('tools')
  expect(problemOf('model_unsupported', { model: 'm', detail: 'no' }, 'en').param).toBeNull()
})

test('a blocked prompt is a bad request with its own code', () => {
  expect(problemOf('content_policy_violation', {}, 'zh')).toEqual({
    status: 400,
    type: 'invalid_request_error',
    code: 'content_policy_violation',
    message: '内容违反了本服务的内容政策，已被拦截。',
    param: null,
    retryable: false,
  })
})

test.each([
  ['the catalogue knows', {}, 10],
  ['the raiser knows better', { retryAfterS: 3 }, 3],
  ['never under a second', { retryAfterS: 0 }, 1],
  ['whole seconds', { retryAfterS: 2.1 }, 3],
  ['never over a minute', { retryAfterS: 600 }, 60],
  ['not even when it will take forever', { retryAfterS: Infinity }, 60],
  ['nonsense is ignored', { retryAfterS: NaN }, 10],
  ['text is ignored', { retryAfterS: '3' }, 10],
])('retry-after: %s', (_, params, expected) => {
  expect(problemOf('no_healthy_backends', params, 'en').retryAfterS).toBe(expected)
})

test('what can not be retried has no retry-after', () => {
  expect(problemOf('invalid_json', {}, 'en')).not.toHaveProperty('retryAfterS')
})

test('inserted names are clipped and lose what could hide or reorder the text', () => {
  const model = `a\u0000\u001b[31m\n\u202Eb\u200Bc\uD83D${'x'.repeat(500)}`
  const { message } = problemOf('model_not_found', { model }, 'en')
  expect(message).toMatch(/^Model 'a\[31mbcx+' not found\.$/)
  expect(message.length).toBeLessThan(128 + 20)
  expect(problemOf('invalid_request', { field: 'f\n'.repeat(500), problem: '' }, 'en').param).toBe('f'.repeat(64))
})

test('a refusal keeps its code, and any other error says nothing of itself', () => {
  expect(toProblem(new DroverError('model_not_found', { model: 'x' }), 'en')).toMatchObject({
    status: 404,
    retryable: false,
  })
  for (const bug of [new Error('secret at 10.0.0.1'), 'secret', undefined, { code: 'model_not_found', params: {} }]) {
    expect(toProblem(bug, 'en')).toMatchObject({
      status: 500,
      code: 'internal_error',
      message: 'Something went wrong on our side. Please try again.',
    })
  }
})

test('a missing sentence, a missing param and a param of another code do not compile', () => {
  const wrong = [
    // @ts-expect-error a sentence is missing
    { internal_error: () => '' } satisfies Messages,
    // @ts-expect-error `modle` is no param of the code
    (({ modle }) => modle) satisfies Messages['model_not_found'],
    // @ts-expect-error `waiting` is a param of another code
    (({ waiting }) => waiting) satisfies Messages['no_healthy_backends'],
  ]
  expect(wrong).toHaveLength(3)
})
