import { configSchema } from '@drover/shared/config/schema'
import { expect, test } from 'vitest'
import { Guards } from '../guards.ts'
import { ScanFailed, unheard } from '../reading.ts'
import { WholeScan } from './whole-scan.ts'

const scanWith = (guard: object) => {
  const config = configSchema.parse({ hosts: [{ id: 'h', url: 'http://127.0.0.1:1' }], guard })
  return new WholeScan({ config, guards: new Guards(config), interrupt: new AbortController().signal })
}

const banned = {
  scanners: ['BanSubstrings'],
  settings: { BanSubstrings: { substrings: ['secret'], action: 'redact' } },
}

test('a long request is scanned as a short one is, and all texts of it', async () => {
  await using scan = scanWith({ input: banned })
  const long = 'lorem ipsum '.repeat(5_000)
  const rules = scan.rulesFor('m', 'c')
  const verdicts = await scan.scan('input', rules, [`${long}a secret`, 'no more', 'secret'], unheard)
  expect(verdicts.map(({ verdict, text }) => [verdict, text.slice(-10)])).toEqual([
    ['redact', '[REDACTED]'],
    ['allow', 'no more'],
    ['redact', '[REDACTED]'],
  ])
  const short = await scan.scan('input', rules, ['a secret'], unheard)
  expect(verdicts[0]?.findings[0]).toMatchObject({
    ...short[0]?.findings[0],
    start: long.length + 2,
    end: long.length + 8,
  })
})

test.each([
  ['short', 'a'],
  ['long', 'lorem ipsum '.repeat(100_000)],
])('a %s request that takes too long does not pass, unless it is only monitored', async (_, text) => {
  const failed: string[] = []
  const observer = { ...unheard, failed: (side: string, scanner: string) => failed.push(`${side} ${scanner}`) }
  // So little that the second text is always late.
  const guard = { budgetMs: 1, input: { scanners: ['BanSubstrings', 'PromptInjection'], settings: banned.settings } }
  const texts = Array.from({ length: 2_000 }, () => text.slice(0, 1_000_000 / 2_000) + text)
  await using strict = scanWith(guard)
  const some = text.length > 1 ? texts.slice(0, 3) : texts
  await expect(strict.scan('input', strict.rulesFor('m', 'c'), some, observer)).rejects.toThrow(ScanFailed)
  await using watching = scanWith({ ...guard, mode: 'monitor' })
  const verdicts = await watching.scan('input', watching.rulesFor('m', 'c'), some, observer)
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(some.map(() => 'allow'))
  expect(failed.length).toBeGreaterThan(0)
})
