import type { DroverError } from '@drover/shared/errors/drover-error'
import { expect, test } from 'vitest'
import { parseStrategy } from './settings.ts'

test.each([
  [{ strategy: 'weighted' }, 'weighted'],
  [{ strategy: 'round_robin' }, 'round_robin'],
  [{ strategy: null }, undefined],
])('%o is understood', (body, expected) => {
  expect(parseStrategy(body)).toBe(expected)
})

const expected = 'must be one of least_busy, round_robin, weighted, or null for that of the configuration'

test.each([
  [undefined, '', 'the body must be an object such as {"strategy": "weighted"}'],
  ['weighted', '', 'the body must be an object such as {"strategy": "weighted"}'],
  [[], '', 'the body must be an object such as {"strategy": "weighted"}'],
  [{}, 'strategy', expected],
  [{ strategy: 7 }, 'strategy', expected],
  [{ strategy: 'toString' }, 'strategy', expected],
  [{ strategy: 'least-busy' }, 'strategy', `${expected}; did you mean \`least_busy\`?`],
  [{ stratgy: 'weighted' }, 'stratgy', 'is no setting; there is strategy; did you mean `strategy`?'],
  [{ strategy: 'weighted', drained: [] }, 'drained', 'is no setting; there is strategy'],
])('%o is refused with what would be right', (body, field, problem) => {
  expect(() => parseStrategy(body)).toThrow(
    expect.objectContaining({ code: 'invalid_request', params: { field, problem } } satisfies Partial<DroverError>),
  )
})
