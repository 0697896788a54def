import { expect, test } from 'vitest'
import { ownNameToUnload, Unloads } from './unload.ts'

const names = new Map([
  ['a', 'a:latest'],
  ['alias', 'a:latest'],
  ['b', 'b:latest'],
])
const loaded = new Set(['a:latest'])

test.each([
  ['what is in memory leaves it', 'a', [], 'a:latest'],
  ['what is not in memory is left alone', 'b', [], undefined],
  ['what the host does not serve is left alone', 'z', [], undefined],
  ['what is pinned stays', 'a', ['a'], undefined],
  ['what is pinned under another name stays', 'alias', ['a'], undefined],
  ['what is pinned elsewhere keeps nothing', 'a', ['b'], 'a:latest'],
])('%s', (_name, group, pinned, expected) => {
  expect(ownNameToUnload(group, { names, loaded, isPinned: other => pinned.includes(other) })).toBe(expected)
})

test('however often clients ask, one model at a time is unloaded, and each once', async () => {
  const unloads = new Unloads()
  const gate = Promise.withResolvers<void>()
  const begun: string[] = []
  const ask = (group: string): Promise<void> =>
    unloads.ask(group, async () => {
      begun.push(group)
      await gate.promise
    })
  const asked = ['a', 'b', 'a', 'b', 'a'].map(ask)
  await Promise.resolve()
  expect(begun).toEqual(['a'])
  gate.resolve()
  await Promise.all(asked)
  expect(begun).toEqual(['a', 'b'])
  await ask('a')
  expect(begun).toEqual(['a', 'b', 'a'])
})
