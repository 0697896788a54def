import type { ModelRequest } from '@drover/shared/requests'
import { expect, test } from 'vitest'
import { refuseCopies } from './copies.ts'

const generate = (chars: number): ModelRequest => ({ kind: 'generate', options: {}, prompt: 'a'.repeat(chars) })
const times = (n: number, ...requests: ModelRequest[]): ModelRequest[] =>
  requests.flatMap(request => Array.from({ length: n }, () => request))

test.each<[string, ModelRequest[], most: number | undefined]>([
  ['one prompt, however long', times(1, generate(5_000)), undefined],
  ['several prompts, however long', times(1, generate(900), generate(900)), undefined],
  ['a short prompt', times(8, generate(50)), undefined],
  ['a prompt too long for all its choices', times(8, generate(400)), 2],
  ['a prompt as long as a body', times(2, generate(1_000)), 1],
  ['two prompts too long together', times(3, generate(150), generate(150)), 2],
])('of %s, the choices are so many', (_name, requests, most) => {
  const refuse = (): void => refuseCopies(requests, 1_000)
  if (most === undefined) return expect(refuse).not.toThrow()
  const params = { field: 'n', problem: `must be at most ${most} for a prompt of this size` }
  expect(refuse).toThrow(expect.objectContaining({ code: 'invalid_request', params }))
})
