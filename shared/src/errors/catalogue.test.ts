import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCodes, errorKind } from './catalogue.ts'

const row = /^\| `(?<code>\w+)` \| (?<status>\d+) \| (?<retryable>[\w ]+) \| [^|]+\. \| [^|]+\. \|$/gm

test('docs/errors.md lists every code with its status and whether to retry, and no other', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const documented = Array.from(page.matchAll(row), ({ groups }) => ({ ...groups }))
  const expected = errorCodes.map(code => {
    const { status, retryable, retryAfterS } = errorKind(code)
    return { code, status: String(status), retryable: retryable ? `after ${retryAfterS} s` : 'no' }
  })
  expect(documented).toEqual(expected)
  expect(page.match(/^\| `/gm)).toHaveLength(errorCodes.length)
})
