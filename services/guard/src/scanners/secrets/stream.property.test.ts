import { array, assert, constantFrom, nat, property } from 'fast-check'
import { expect, test } from 'vitest'
import type { Found, ScanContext } from '../scanner.ts'
import { secrets } from '../secrets.ts'

const scanner = secrets({ action: 'redact', redactWith: '[REDACTED]', rulesOff: [] })
const context: ScanContext = { direction: 'output', checkTime: () => undefined, tally: new Map() }

/** What was found, and for each chunk how much of the text was settled with it. */
const stream = (chunks: readonly string[]): { found: Found[]; settled: number[] } => {
  const detector = scanner.stream(context)
  const found: Found[] = []
  const settled: number[] = []
  for (const chunk of chunks) {
    const decided = detector.push(chunk)
    for (const each of decided.found) expect(each.start).toBeGreaterThanOrEqual(settled.at(-1) ?? 0)
    found.push(...decided.found)
    settled.push(decided.settled)
  }
  const last = detector.end()
  return { found: [...found, ...last.found], settled: [...settled, last.settled] }
}

const random = 'aX9kQ2mZ7wR4tY8vB3nL6pD1sF5gH0jC'
const pem = `-----BEGIN PRIVATE KEY-----\n${`${random}${random}\n`.repeat(4)}-----END PRIVATE KEY-----`
const samples: readonly [text: string, secret: string][] = [
  [`Use ghp_${random}aB3d now.`, `ghp_${random}aB3d`],
  [`The api key is ${random}, keep it.`, random],
  ['my password is hunter2!x ok', 'hunter2!x'],
  ['密码是 hunter2!x 。', 'hunter2!x'],
  [`{"client_secret": "${random}"}`, random],
  ['postgres://app:s3cr3tvalue@db.test/app is it', 's3cr3tvalue'],
  [`Here it is:\n${pem}\nDone.`, pem],
]

test.each(samples)(
  '%s: no character of a secret is settled before the secret is told, wherever it is cut',
  (text, secret) => {
    const start = text.indexOf(secret)
    const end = start + secret.length
    for (let at = 0; at <= text.length; at++) {
      const detector = scanner.stream(context)
      let told = false
      for (const chunk of [text.slice(0, at), text.slice(at)]) {
        const { settled, found } = detector.push(chunk)
        told ||= found.some(each => each.start <= start && each.end >= end)
        if (!told) expect(settled).toBeLessThanOrEqual(start)
      }
      const { found, settled } = detector.end()
      expect(told || found.some(each => each.start <= start && each.end >= end)).toBe(true)
      expect(settled).toBe(text.length)
    }
  },
)

const separators =
  '| |\n|"|=|-|-----BEGIN| PRIVATE KEY-----|-----END| KEY-----|AAAA|key|token: |word |密|\u200b|😀|é|password is '
    .split('|')
    .slice(1)
const pieces = constantFrom(...samples.flat(), ...separators)

test('what is found does not depend on the chunks', () => {
  assert(
    property(array(pieces, { maxLength: 12 }), array(nat(400), { maxLength: 12 }), (parts, cuts) => {
      const text = parts.join('')
      const at = [0, ...cuts.filter(cut => cut < text.length).sort((a, b) => a - b), text.length]
      const chunks = at.slice(1).map((to, index) => text.slice(at[index], to))
      const whole = stream([text])
      const cut = stream(chunks)
      const single = stream(text.split(''))
      expect(cut.found).toEqual(whole.found)
      expect(single.found).toEqual(whole.found)
      expect(cut.settled).toEqual([...cut.settled].sort((a, b) => a - b))
      expect(cut.settled.at(-1)).toBe(text.length)
    }),
    { numRuns: 300 },
  )
})

test('a private key begins where it does, however much looks like its beginning', () => {
  const text = `-----BEGIN ${pem}`
  expect(stream(text.split('')).found).toEqual(stream([text]).found)
})

test('nothing is found in what was settled, also where a long token was cut', () => {
  const { found } = stream([
    `token=${random.repeat(200)}`,
    random,
    ' and kind: secret\ndata:\n  key: ',
    `${random}${random}`,
    ' ',
  ])
  expect(found.length).toBeGreaterThan(1)
})

test('words of ordinary answers are settled when they end', () => {
  const { settled } = stream(['Hello', ' wor', 'ld, how', ' are'])
  expect(settled).toEqual([0, 6, 13, 17, 20])
})

test('writing without spaces is settled at once', () => {
  expect(stream(['今日は', '良い天気']).settled).toEqual([3, 7, 7])
})

test('a token without an end is settled after 4,096 characters, a private key without one after 16,384', () => {
  expect(stream(['a'.repeat(5_000)]).settled[0]).toBe(4_096)
  expect(stream([`-----BEGIN PRIVATE KEY-----\n${'A'.repeat(30_000)}`]).settled[0]).toBeGreaterThanOrEqual(16_384)
})
