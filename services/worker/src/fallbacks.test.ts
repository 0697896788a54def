import type { ChatJob } from '@drover/shared/queues'
import { describe, expect, test } from 'vitest'
import { asModel, nextModel, type FallbackCause } from './fallbacks.ts'

const model = (name: string, fallbacks: string[] = [], contextFallbacks: string[] = [], aliases: string[] = []) => ({
  name,
  aliases,
  fallbacks,
  contextFallbacks,
})

const models = [
  model('big', ['Medium:latest', 'small'], ['long']),
  model('medium', ['tiny', 'big']),
  model('small', ['small', 'medium']),
  model('tiny'),
  model('long', [], ['longer'], ['wide']),
  model('aliased', ['wide']),
]

describe('which model answers in place of another', () => {
  test.each<[string, FallbackCause, string, string[], string[], string | undefined]>([
    ['the first that is named', 'upstream_failed', 'big', [], [], 'medium'],
    ['the next when that has no live host', 'upstream_failed', 'big', [], ['medium'], 'small'],
    ['those of the model the client named first', 'upstream_failed', 'medium', ['big'], [], 'small'],
    ['then those of its stand-ins', 'upstream_failed', 'small', ['big', 'medium'], [], 'tiny'],
    ['none twice', 'upstream_failed', 'tiny', ['big', 'medium', 'small'], [], undefined],
    ['none when all are down', 'upstream_failed', 'big', [], ['medium', 'small'], undefined],
    ['none where none is named', 'upstream_failed', 'tiny', [], [], undefined],
    ['others when the prompt is too long', 'context_length_exceeded', 'big', [], [], 'long'],
    ['and none that only helps against failures', 'context_length_exceeded', 'medium', [], [], undefined],
    ['a name without a configuration is a group, too', 'context_length_exceeded', 'long', ['big'], [], 'longer'],
    ['an alias is its model', 'upstream_failed', 'aliased', [], [], 'long'],
    ['a model that no configuration names', 'upstream_failed', 'discovered', [], [], undefined],
  ])('%s', (_name, cause, from, tried, down, expected) => {
    expect(nextModel({ model: from, tried }, cause, models, group => !down.includes(group))).toBe(expected)
  })

  test('whatever the configuration, it ends', () => {
    const names = ['a', 'b', 'c', 'd']
    const all = names.map(name => model(name, names, names))
    const tried: string[] = []
    let now: string | undefined = 'a'
    while (now !== undefined) {
      const next: string | undefined = nextModel({ model: now, tried }, 'upstream_failed', all, () => true)
      tried.push(now)
      now = next
    }
    expect(tried).toEqual(names)
  })
})

test('the job of another model knows which were tried, and is bound to nothing', () => {
  const job: ChatJob = {
    id: 'r_1',
    model: 'big',
    request: { kind: 'chat', messages: [{ role: 'user', content: 'hi' }], options: {} },
    guard: { input: false, output: false },
    observed: [],
    caller: 'c',
    class: 'background',
    order: 7,
    boundTo: 'h1',
    boundUntil: 1,
    conversation: 'd',
    enqueuedAt: 0,
    deadlineAt: 1,
    excludedHosts: ['h1'],
    tried: ['huge'],
    moves: 1,
    triesBefore: 2,
    returns: 0,
  }
  const { boundTo: _bound, boundUntil: _until, conversation: _warm, ...rest } = job
  expect(asModel(job, 'small')).toStrictEqual({ ...rest, model: 'small', tried: ['huge', 'big'], excludedHosts: [] })
})
