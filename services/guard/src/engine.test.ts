import { expect, test } from 'vitest'
import { banning, guardFor } from './fixtures/guards.ts'
import { unheard, type GuardObserver } from './reading.ts'

test('without a scanner, text passes as it comes', () => {
  const reading = guardFor('output', {}).read(unheard)
  expect(reading.scan('anything')).toEqual({ verdict: 'allow', text: 'anything', findings: [] })
  const stream = reading.stream()
  expect(stream.push('half a pair \uD83D')).toEqual({ release: 'half a pair \uD83D', findings: [] })
  expect(stream.end()).toEqual({ release: '', findings: [] })
})

test('settings of a scanner that is not listed do nothing', () => {
  const reading = guardFor('input', { input: { settings: { BanSubstrings: { substrings: ['x'] } } } }).read(unheard)
  expect(reading.scan('x').verdict).toBe('allow')
})

test('a listed scanner without the settings it needs is refused', () => {
  expect(() => guardFor('input', { input: { scanners: ['BanSubstrings'] } })).toThrow(
    'needs guard.input.settings.BanSubstrings',
  )
})

test.each([
  ['redact', 'redact', 'a [REDACTED] b'],
  ['block', 'block', 'a '],
  ['monitor', 'allow', 'a secret b'],
] as const)('with action %s, the verdict is %s', (action, verdict, text) => {
  expect(banning({ substrings: ['secret'], action }).scan('a secret b')).toMatchObject({
    verdict,
    text,
    findings: [{ rule: 'secret', start: 2, end: 8, action }],
  })
})

test('streams of one reading share nothing', () => {
  const reading = banning({ substrings: ['secret'] })
  const [one, other] = [reading.stream(), reading.stream()]
  expect(one.push('sec').release).toBe('')
  expect(other.push('ret').release).toBe('ret')
  expect(one.push('ond').release).toBe('second')
})

test('what one scanner redacts and another blocks is blocked, wherever it is cut', () => {
  const guard = guardFor('output', {
    output: { scanners: ['Secrets', 'BanSubstrings'], settings: { BanSubstrings: { substrings: ['the secret'] } } },
  })
  const text = 'so the secret is password: hunter2!x9Kq'
  const whole = guard.read(unheard).scan(text)
  expect(whole).toMatchObject({ verdict: 'block', text: 'so ', findings: [{ rule: 'the secret', start: 3, end: 13 }] })
  const stream = guard.read(unheard).stream()
  const released = Array.from(text, character => stream.push(character)).map(({ release }) => release)
  const ended = stream.end()
  expect(released.join('') + ended.release).toBe('so ')
  expect(ended).toMatchObject({ blocked: { rule: 'the secret', start: 3, end: 13 } })
})

test('in monitor mode nothing is held or changed, and everything is counted', () => {
  const counted: string[] = []
  const observer: GuardObserver = {
    found: (side, findings) => counted.push(...findings.map(({ rule, action }) => `${side} ${rule} ${action}`)),
    failed: () => {},
  }
  const guard = guardFor('output', {
    mode: 'monitor',
    output: { scanners: ['BanSubstrings'], settings: { BanSubstrings: { substrings: ['secret'] } } },
  })
  const stream = guard.read(observer).stream()
  expect(['a sec', 'ret b'].map(chunk => stream.push(chunk).release)).toEqual(['a sec', 'ret b'])
  expect(counted).toEqual(['output secret monitor'])
})
