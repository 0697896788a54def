import type { StreamEvent } from '@drover/shared/events'
import type { Entry } from '@drover/shared/log/entry'
import { expect, test } from 'vitest'
import { banning } from './fixtures/guards.ts'
import { releaseEvents, type ScanWhole } from './release.ts'

const guard = banning({ substrings: ['updates'], match: 'word' })

const timings = { totalNs: 0, loadNs: 0, promptEvalNs: 0, evalNs: 0 }
const end: StreamEvent = { type: 'end', reason: 'tool_calls', usage: { promptTokens: 1, completionTokens: 1 }, timings }
const call = (name: string): StreamEvent => ({ type: 'tool_calls', calls: [{ id: name, name, arguments: '{}' }] })

const scanHere: ScanWhole = async texts => texts.map(text => guard.scan(text))

async function* entriesOf(events: readonly StreamEvent[]): AsyncGenerator<Entry> {
  for (const event of events) yield { events: [event] } as unknown as Entry
}

const release = async (...events: StreamEvent[]): Promise<StreamEvent[]> =>
  (await Array.fromAsync(releaseEvents(entriesOf(events), guard, scanHere))).flat()

test('what is held of a text comes before the calls that follow it, as it does in a whole answer', async () => {
  expect(await release({ type: 'text', text: 'I look up' }, call('a'), call('b'), end)).toEqual([
    { type: 'text', text: 'I look ' },
    { type: 'text', text: 'up' },
    call('a'),
    call('b'),
    end,
  ])
})

test('a call that must not leave ends the answer at once, and calls before it do not leave either', async () => {
  const filtered = expect.objectContaining({ type: 'end', reason: 'content_filter' })
  expect(await release({ type: 'text', text: 'ok ' }, call('a'), call('updates'), end)).toEqual([
    { type: 'text', text: 'ok ' },
    filtered,
  ])
  expect(await release(call('a'), { type: 'text', text: 'updates ' }, end)).toEqual([filtered])
})

test('what a call holds is scanned as wholes, elsewhere if that is long, and waited for', async () => {
  const long = 'x'.repeat(100_000)
  const scanned: string[] = []
  const elsewhere: ScanWhole = async texts => {
    scanned.push(...texts)
    await new Promise(setImmediate)
    return scanHere(texts)
  }
  const longCall: StreamEvent = {
    type: 'tool_calls',
    calls: [{ id: 'no id', name: 'save', arguments: JSON.stringify({ text: long }) }],
  }
  const events = await Array.fromAsync(releaseEvents(entriesOf([longCall, end]), guard, elsewhere))
  expect(events.flat()).toEqual([longCall, end])
  expect(scanned).toEqual([expect.stringContaining(long), 'save', 'no id'])
})
