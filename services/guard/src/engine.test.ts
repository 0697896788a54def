import { configSchema, type Config } from '@drover/shared/config/schema'
import { expect, test } from 'vitest'
import { createGuard } from './engine.ts'

const side = (input: object): Config['guard']['input'] =>
  configSchema.parse({ hosts: [{ id: 'a', url: 'http://127.0.0.1:11434' }], guard: { input } }).guard.input

const banned = (settings: object) => side({ scanners: ['BanSubstrings'], settings: { BanSubstrings: settings } })

test('without a scanner, text passes as it comes', () => {
  const guard = createGuard(side({}))
  expect(guard.scan('anything')).toEqual({ verdict: 'allow', text: 'anything', findings: [] })
  const stream = guard.stream()
  expect(stream.push('half a pair \uD83D')).toEqual({ release: 'half a pair \uD83D', findings: [] })
  expect(stream.end()).toEqual({ release: '', findings: [] })
})

test('settings of a scanner that is not listed do nothing', () => {
  const guard = createGuard(side({ settings: { BanSubstrings: { substrings: ['x'] } } }))
  expect(guard.scan('x').verdict).toBe('allow')
})

test('a listed scanner without settings is refused', () => {
  expect(() => createGuard(side({ scanners: ['BanSubstrings'] }))).toThrow('needs settings.BanSubstrings')
})

test.each([
  ['redact', 'a [REDACTED] b'],
  ['block', 'a '],
] as const)('a scan can %s', (action, text) => {
  const guard = createGuard(banned({ substrings: ['secret'], action }))
  expect(guard.scan('a secret b')).toMatchObject({
    verdict: action,
    text,
    findings: [{ rule: 'secret', start: 2, end: 8 }],
  })
})

test('streams of one guard share nothing', () => {
  const guard = createGuard(banned({ substrings: ['secret'] }))
  const [one, other] = [guard.stream(), guard.stream()]
  expect(one.push('sec').release).toBe('')
  expect(other.push('ret').release).toBe('ret')
  expect(one.push('ond').release).toBe('second')
})

test('scanners read what the ones before let through, and a block ends them all', () => {
  const twice = {
    ...banned({ substrings: ['secret'], action: 'block' }),
    scanners: ['BanSubstrings', 'BanSubstrings'] as const,
  }
  const stream = createGuard({ ...twice, scanners: [...twice.scanners] }).stream()
  expect(stream.push('so sec').release).toBe('so ')
  expect(stream.push('ret')).toMatchObject({ release: '' })
  const blocked = stream.push('!')
  expect(blocked).toMatchObject({ release: '', blocked: { rule: 'secret', start: 3, end: 9 } })
  expect(stream.push('more')).toMatchObject({ release: '', blocked: blocked.blocked })
  expect(stream.end()).toMatchObject({ release: '', blocked: blocked.blocked })
})
