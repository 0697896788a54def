import { describe, expect, test } from 'vitest'
import type { Seen } from './client.ts'
import { contents, watch } from './client.ts'
import type { FaultInput } from './faults.ts'
import { startFakeOllama } from './server.ts'
import { answer } from './tokens.ts'

const two = answer(4, 2)
const all = answer(4, 6)
const html = '<html><body><h1>502 Bad Gateway</h1></body></html>'

describe('faults', () => {
  test.each<[string, FaultInput, object, (seen: Seen) => void]>([
    [
      'eof',
      { kind: 'eof', afterTokens: 2 },
      {},
      seen => {
        expect(seen).toMatchObject({ status: 200, end: 'end' })
        expect(contents(seen.text).join('')).toBe(two)
        expect(seen.text).not.toContain('"done":true')
      },
    ],
    [
      'eof at once',
      { kind: 'eof', afterTokens: 0 },
      {},
      seen => {
        expect(seen).toMatchObject({ status: 200, text: '', end: 'end' })
      },
    ],
    [
      'eof after more tokens than there are',
      { kind: 'eof', afterTokens: 99 },
      {},
      seen => {
        expect(contents(seen.text).join('')).toBe(all)
        expect(seen.text).not.toContain('"done":true')
      },
    ],
    [
      'reset',
      { kind: 'reset', afterTokens: 2 },
      {},
      seen => {
        expect(seen).toMatchObject({ status: 200, end: 'ECONNRESET' })
        expect(contents(seen.text).join('')).toBe(two)
      },
    ],
    [
      'reset at once',
      { kind: 'reset', afterTokens: 0 },
      {},
      seen => {
        expect(seen).toMatchObject({ status: undefined, end: 'ECONNRESET' })
      },
    ],
    [
      'halfLine',
      { kind: 'halfLine', afterTokens: 2 },
      {},
      seen => {
        expect(seen.end).toBe('end')
        const lines = seen.text.split('\n')
        expect(lines.length).toBe(3)
        expect(lines[2]).toMatch(/^\{"model".*[^}]$/)
      },
    ],
    [
      'garbage',
      { kind: 'garbage', afterTokens: 2 },
      {},
      seen => {
        expect(seen.text.split('\n')[2]).toBe(html)
        expect(contents(seen.text).join('')).toBe(all)
      },
    ],
    [
      'errorLine',
      { kind: 'errorLine', afterTokens: 2, message: 'boom' },
      {},
      seen => {
        expect(seen).toMatchObject({ status: 200, end: 'end' })
        expect(seen.text.split('\n').slice(2)).toEqual(['{"error":"boom"}', ''])
      },
    ],
    [
      'errorLine before the first token',
      { kind: 'errorLine', afterTokens: 0, message: 'boom' },
      {},
      seen => {
        expect(seen).toMatchObject({ status: 500, type: 'application/json', text: '{"error":"boom"}' })
      },
    ],
    [
      'bigLine',
      { kind: 'bigLine', bytes: 5_000_000, afterTokens: 1 },
      {},
      seen => {
        const said = contents(seen.text)
        expect(said[1]!.length).toBe(5_000_000)
        expect([said[0], ...said.slice(2)].join('')).toBe(all)
      },
    ],
    [
      'splitBytes',
      { kind: 'splitBytes' },
      {},
      seen => {
        expect(seen.chunks.every(chunk => chunk.length === 1)).toBe(true)
        expect(seen.chunks.some(chunk => chunk[0]! >= 0x80)).toBe(true)
        expect(contents(seen.text).join('')).toBe(all)
      },
    ],
    [
      'busy',
      { kind: 'busy' },
      {},
      seen => {
        expect(seen).toMatchObject({
          status: 503,
          text: '{"error":"server busy, please try again.  maximum pending requests exceeded"}',
        })
      },
    ],
    [
      'status',
      { kind: 'status', status: 502, body: html },
      {},
      seen => {
        expect(seen).toMatchObject({ status: 502, type: 'text/html', text: html })
      },
    ],
    [
      'delay',
      { kind: 'delay', ms: 30 },
      {},
      seen => {
        expect(contents(seen.text).join('')).toBe(all)
      },
    ],
    [
      'errorLine, whole',
      { kind: 'errorLine', afterTokens: 2, message: 'boom' },
      { stream: false },
      seen => {
        expect(seen).toMatchObject({ status: 500, text: '{"error":"boom"}' })
      },
    ],
    [
      'eof, whole',
      { kind: 'eof', afterTokens: 2 },
      { stream: false },
      seen => {
        expect(JSON.parse(seen.text)).toMatchObject({ message: { content: two }, done: false })
      },
    ],
    [
      'halfLine, whole',
      { kind: 'halfLine', afterTokens: 2 },
      { stream: false },
      seen => {
        expect(seen.text).toMatch(/^\{"model".*[^}]$/)
      },
    ],
    [
      'garbage, whole',
      { kind: 'garbage', afterTokens: 2 },
      { stream: false },
      seen => {
        expect(seen.text).toBe(html)
      },
    ],
    [
      'splitBytes, whole',
      { kind: 'splitBytes' },
      { stream: false },
      seen => {
        expect(seen.chunks.every(chunk => chunk.length === 1)).toBe(true)
        expect(contents(seen.text).join('')).toBe(all)
      },
    ],
    [
      'bigLine, whole',
      { kind: 'bigLine', bytes: 9 },
      { stream: false },
      seen => {
        expect(contents(seen.text).join('')).toBe('x'.repeat(9) + all)
      },
    ],
    [
      'reset, whole',
      { kind: 'reset', afterTokens: 2 },
      { stream: false },
      seen => {
        expect(seen).toMatchObject({ status: undefined, end: 'ECONNRESET' })
      },
    ],
  ])('%s is seen by one client, and the next answer is right', async (_name, fault, more, check) => {
    await using fake = await startFakeOllama()
    // The answer has text to split.
    expect(Buffer.byteLength(all)).toBeGreaterThan(all.length)
    fake.faults.next(fault)
    check(await watch(fake.url, more))
    expect(contents((await watch(fake.url, more)).text).join('')).toBe(all)
    expect(fake.running).toBe(0)
  })
})
