import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter } from './ndjson.ts'

test('lines are the same whatever the chunking, also when it cuts a character', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).map(line => `x${line.replaceAll(/\s/g, '')}`)),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      (lines, sizes) => {
        const bytes = Buffer.from(lines.map(line => `${line}\r\n`).join('\n'))
        const splitter = new LineSplitter()
        const seen: string[] = []
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1
          seen.push(...splitter.push(bytes.subarray(at, at + size)))
          at += size
        }
        expect(seen).toEqual(lines)
        expect(splitter.rest()).toBe('')
      },
    ),
  )
})

test('a line that was not finished is what rests', () => {
  const splitter = new LineSplitter()
  expect(splitter.push(Buffer.from('a\nb'))).toEqual(['a'])
  expect(splitter.rest()).toBe('b')
})

test('a line of more than 1 MiB is refused before it is whole', () => {
  const splitter = new LineSplitter()
  const chunk = Buffer.alloc(64 * 1024, 'x')
  expect(() => {
    for (let times = 0; times < 17; times += 1) splitter.push(chunk)
  }).toThrow(RangeError)
})
