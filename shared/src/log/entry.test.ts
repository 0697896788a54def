import { expect, test } from 'vitest'
import { formatId, parseId, parseMessage, place, type EntryId } from './entry.ts'

const id = (text: string): EntryId => parseId(text)

test.each([
  ['0-0', '1-1', '0-0', 'next'],
  ['1-1', '1-2', undefined, 'next'],
  ['1-2', '1-2', undefined, 'repeat'],
  ['1-2', '1-1', '0-0', 'repeat'],
  ['2-1', '1-9', undefined, 'repeat'],
  ['1-1', '1-3', undefined, 'hole'],
  ['0-0', '1-2', undefined, 'hole'],
  ['1-3', '2-1', '1-3', 'next'],
  ['1-2', '2-1', '1-3', 'hole'],
  ['1-4', '2-1', '1-3', 'hole'],
  ['1-3', '2-2', undefined, 'hole'],
] as const)('after %s, the entry %s that continues %s is %s', (position, entry, after, expected) => {
  const raw = { id: id(entry), after: after === undefined ? undefined : id(after), payload: '' }
  expect(place(id(position), raw)).toBe(expected)
})

test('a published entry is read back, whatever its payload', () => {
  const payload = '[{"type":"text","text":"a b - c"}]'
  expect(parseMessage(`p:{r_1}:out 2-1 1-7 ${payload}`)).toEqual({
    logKey: 'p:{r_1}:out',
    entry: { id: { attempt: 2, seq: 1 }, after: { attempt: 1, seq: 7 }, payload },
  })
  expect(parseMessage(`k 1-2 - ${payload}`).entry.after).toBeUndefined()
})

test('what is no id is refused', () => {
  expect(formatId(parseId('12-3'))).toBe('12-3')
  for (const text of ['', '1', '1-', '-1', '1-2-3', 'a-b', '1-99999999999999999']) expect(() => parseId(text)).toThrow()
})
