import { expect, test } from 'vitest'
import { chatFrames } from './wire.ts'

test('a line is escaped as Go does', () => {
  expect(chatFrames('m').chunk({ content: '<&>\u2028"' })).toContain(String.raw`"content":"\u003c\u0026\u003e\u2028\""`)
})
