import { expect, test } from 'vitest'

import { readableLog } from './readable-log.ts'

const entry = (level: number, rest: object): string =>
  JSON.stringify({ level, time: 1, pid: 2, hostname: 'vm', name: 'api', ...rest })

test.each([
  [entry(30, { url: 'http://a', slots: 4, msg: 'listening' }), 'listening url=http://a slots=4'],
  [
    entry(60, { err: { type: 'Error', message: 'port is taken', at: [] }, msg: 'could not start' }),
    'fatal: could not start err="port is taken"',
  ],
  [entry(40, { msg: 'slow' }), 'warning: slow'],
  ['plain text', 'plain text'],
  ['{"level":30,', '{"level":30,'],
  ['{"urls":[]}', '{"urls":[]}'],
])('%s reads as %s', (line, text) => {
  expect(readableLog(line)).toBe(text)
})
