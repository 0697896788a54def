import { expect, test } from 'vitest'
import { logprobOf } from './logprobs.ts'

test('a token is weighed by its text, and its alternatives are less and less likely', () => {
  const weighed = logprobOf(' 🐑', 3)
  expect(weighed).toEqual(logprobOf(' 🐑', 3))
  expect(weighed).toMatchObject({ token: ' 🐑', bytes: [0x20, 0xf0, 0x9f, 0x90, 0x91] })
  const { top_logprobs: top = [], ...own } = weighed
  expect(top[0]).toEqual(own)
  expect(top.map(({ logprob }) => logprob)).toEqual(top.map(({ logprob }) => logprob).toSorted((a, b) => b - a))
  expect(new Set(top.map(({ token }) => token)).size).toBe(3)
  expect(weighed.logprob).toBeLessThan(0)
  expect(logprobOf('x', 0)).not.toHaveProperty('top_logprobs')
})
