import { describe, expect, test } from 'vitest'
import { messageChars, type Message } from '../requests.ts'
import { bindWarm, expectedWaitThereMs, prefixDigests, warmGainMs } from './affinity.ts'

const say = (content: string, part: Partial<Message> = {}): Message => ({ role: 'user', content, ...part })
const digests = (messages: Message[], model = 'm'): string[] =>
  prefixDigests(messages, model).map(({ digest }) => digest)

describe('digests of a conversation', () => {
  const turn1 = [say('be brief', { role: 'system' }), say('hi')]
  const turn2 = [...turn1, say('hello', { role: 'assistant' }), say('and?')]

  test('the next turn has the last one as a prefix', () => {
    expect(digests(turn2)).toHaveLength(4)
    expect(digests(turn2).slice(2)).toEqual(digests(turn1))
    for (const digest of digests(turn2)) expect(digest).toMatch(/^[0-9a-f]{16}$/)
  })

  test('the longest comes first, each with the length of what a cold host would read', () => {
    expect(prefixDigests(turn2, 'm').map(({ chars }) => chars)).toEqual([19, 15, 10, 8])
  })

  test('at most the last eight ends are looked for', () => {
    const long = Array.from({ length: 40 }, (_, index) => say(`${index}`))
    expect(digests(long)).toHaveLength(8)
    expect(digests(long)[0]).toBe(digests(long.concat(say('more')))[1])
  })

  test('nothing said, nothing known', () => {
    expect(prefixDigests([], 'm')).toEqual([])
  })

  test.each<[string, Message[], Message[]]>([
    ['another role', [say('a')], [say('a', { role: 'system' })]],
    ['text in another message', [say('ab'), say('c')], [say('a'), say('bc')]],
    ['an image', [say('a')], [say('a', { images: ['AAAA'] })]],
    ['an image for text', [say('a', { images: ['b'] })], [say('b', { images: ['a'] })]],
    [
      'arguments of a call',
      [say('', { role: 'assistant', toolCalls: [{ id: '1', name: 'f', arguments: '{"a":1}' }] })],
      [say('', { role: 'assistant', toolCalls: [{ id: '1', name: 'f', arguments: '{"a":2}' }] })],
    ],
  ])('%s is another conversation', (_name, a, b) => {
    expect(digests(a)[0]).not.toBe(digests(b)[0])
  })

  test('another model is another cache; ids and thinking are none of it', () => {
    expect(digests(turn1, 'm')[0]).not.toBe(digests(turn1, 'n')[0])
    const call = (id: string): Message =>
      say('', { role: 'assistant', thinking: id, toolCalls: [{ id, name: 'f', arguments: '{}' }] })
    expect(digests([call('1')])).toEqual(digests([call('2')]))
  })

  test('its cost grows with the text alone', () => {
    const messages = Array.from({ length: 2_000 }, () => say('x'.repeat(2_000)))
    const startedMs = performance.now()
    prefixDigests(messages, 'm')
    expect(performance.now() - startedMs).toBeLessThan(500)
  })

  test('an image counts as some text, whatever its bytes', () => {
    expect(messageChars(say('abc', { images: ['A'.repeat(1_000_000)] }))).toBe(4_003)
  })
})

test.each([
  ['a free slot', { slots: 2, used: 1, bound: 0, serviceMs: 1_000 }, 0],
  ['a free slot that is spoken for', { slots: 2, used: 1, bound: 1, serviceMs: 1_000 }, 500],
  ['the next slot to get free', { slots: 4, used: 4, bound: 0, serviceMs: 1_000 }, 250],
  ['after those bound before', { slots: 1, used: 1, bound: 2, serviceMs: 1_000 }, 3_000],
  ['more used than it has', { slots: 1, used: 3, bound: 0, serviceMs: 1_000 }, 1_000],
])('waits for %s', (_name, host, waitMs) => {
  expect(expectedWaitThereMs(host)).toBe(waitMs)
})

describe('a job is bound to the warm host', () => {
  const choice = { gainMs: 800, expectedWaitThereMs: 0, expectedWaitElsewhereMs: 0, boundThere: 0, slotsThere: 2 }
  const bind = { kind: 'bind', patienceMs: 800 }
  const group = { kind: 'group' }
  test.each([
    ['when it is free', {}, bind],
    ['when waiting costs less than it saves', { expectedWaitThereMs: 799 }, bind],
    ['not when it costs as much', { expectedWaitThereMs: 800 }, group],
    ['when it would wait elsewhere, too', { expectedWaitThereMs: 1_500, expectedWaitElsewhereMs: 1_000 }, bind],
    ['not when it is that much slower', { slowerByMs: 900 }, group],
    ['for longer when it is faster', { expectedWaitThereMs: 1_000, slowerByMs: -500 }, bind],
    ['not when enough wait for it', { expectedWaitThereMs: 100, boundThere: 2 }, group],
    ['not while its speed is unknown', { gainMs: warmGainMs(10_000, undefined) }, group],
  ])('%s', (_name, part, expected) => {
    expect(bindWarm({ ...choice, ...part })).toEqual(expected)
  })

  test('and the gain is the time to read what it has', () => {
    expect(warmGainMs(10_000, 0.25)).toBe(2_500)
  })
})
