import { expect, test } from 'vitest'
import { entropy, generated, isDigest, isUuid } from './randomness.ts'

test.each([
  ['aaaa', 0],
  ['abab', 1],
  ['abcd', 2],
  ['', 0],
])('%s has %d bits per character', (text, bits) => {
  expect(entropy(text)).toBeCloseTo(bits, 9)
})

test.each([
  'aX9kQ2mZ7wR4tY8vB3nL6pD1sF5gH0jC',
  '9f5c17d2a84be03716f2c9d0b1e4a738',
  'kd8j2h4jf9s8mf6l4k9j',
  'u+3xVszZ-b4m+T6d23KA',
])('%s was surely generated', text => {
  expect(generated(text)).toBe(2)
})

test.each([
  'information',
  'X509WorkloadIdentityAuth',
  'AssistantStreamEvent',
  'SHA256_SIGNATURE_LENGTH',
  'order_items_2023',
  '2024-01-15T10:00:00',
  'Rechtsschutzversicherungsgesellschaften',
  '1234567890',
])('%s was not', text => {
  expect(generated(text)).toBe(0)
})

test('digests and UUIDs are told apart from other hexadecimal', () => {
  expect(isDigest('9f5c17d2a84be03716f2c9d0b1e4a7385c6d2f90')).toBe(true)
  expect(isDigest('9f5c17d2a84be03716f2c9d0b1e4a7385c6d2f9')).toBe(false)
  expect(isUuid('d2db5ec4-6e7a-11ee-b962-0242ac120002')).toBe(true)
})
