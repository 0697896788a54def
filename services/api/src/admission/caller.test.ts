import { expect, test } from 'vitest'
import { callerOf } from './caller.ts'

const of = (headers: Record<string, string>, ip = '127.0.0.1', keysAreChecked = true): string =>
  callerOf({ headers, ip }, keysAreChecked)

test('a caller is its API key, from wherever it comes and in whichever header', () => {
  const caller = of({ authorization: 'Bearer sk-a' })
  expect(caller).toMatch(/^[0-9a-f]{16}$/)
  expect(of({ authorization: 'bearer  sk-a' }, '10.0.0.1')).toBe(caller)
  expect(of({ 'x-api-key': 'sk-a' })).toBe(caller)
  expect(of({ authorization: 'Bearer sk-b' })).not.toBe(caller)
})

test('where no keys are configured it is the address, whatever key is sent', () => {
  const caller = of({ authorization: 'Bearer sk-a' }, '10.0.0.1', false)
  expect(of({ authorization: 'Bearer sk-b' }, '10.0.0.1', false)).toBe(caller)
  expect(of({ authorization: 'Bearer sk-a' }, '10.0.0.2', false)).not.toBe(caller)
})
