import { createLogger } from '@drover/shared/logger'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Catalogue } from './catalogue.ts'
import { HostFailure } from './hosts/host-failure.ts'
import type { Installed, ModelDescription } from './hosts/host.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const model = (name: string, digest = `d-${name}`): Installed => ({ name, digest, bytes: 1, modifiedAt: 't' })
const names = new Map([
  ['a', 'a:latest'],
  ['public', 'b:latest'],
])
const both = [model('a:latest'), model('b:latest')]
const can = (...capabilities: string[]): ModelDescription => ({ capabilities, json: JSON.stringify({ capabilities }) })

/** A host that says of its models what it is told to. */
const start = (says: (name: string) => ModelDescription | undefined) => {
  const asked: string[] = []
  let atOnce = 0
  let mostAtOnce = 0
  let changes = 0
  const catalogue = new Catalogue({
    hostId: 'h',
    logger: createLogger('test', 'silent'),
    describe: async name => {
      asked.push(name)
      mostAtOnce = Math.max(mostAtOnce, (atOnce += 1))
      await new Promise(resolve => setTimeout(resolve, 10))
      atOnce -= 1
      return says(name)
    },
    onChange: () => (changes += 1),
  })
  const see = async (installed: readonly Installed[] = both): Promise<void> => {
    catalogue.see(installed, names)
    await vi.advanceTimersByTimeAsync(100)
  }
  const told = () => Object.fromEntries((catalogue.models ?? []).map(each => [each.model, each.capabilities]))
  return { catalogue, asked, see, told, mostAtOnce: () => mostAtOnce, changes: () => changes }
}

test('models are listed at once, under public names, and asked about one at a time, once', async () => {
  const { catalogue, asked, see, told, mostAtOnce, changes } = start(name => can(name))
  expect([catalogue.models, catalogue.version]).toEqual([undefined, undefined])
  catalogue.see(both, names)
  expect(told()).toEqual({ a: undefined, public: undefined })
  const before = catalogue.version
  await vi.advanceTimersByTimeAsync(100)
  for (let times = 0; times < 3; times += 1) await see()
  expect(asked).toEqual(['a:latest', 'b:latest'])
  expect([mostAtOnce(), changes()]).toEqual([1, 1])
  expect(told()).toEqual({ a: ['a:latest'], public: ['b:latest'] })
  expect(catalogue.version).not.toBe(before)
  expect([...catalogue.descriptions.keys()]).toEqual(['a', 'public'])
  catalogue.published(catalogue.descriptions)
  expect(catalogue.descriptions.size).toBe(0)
})

test.each([
  ['its digest', 'd', 't', true],
  ['its digest, where there is one, and not by its age', 'd-a:latest', 'later', false],
  ['its age, where the host tells no digest', '', 'later', true],
])('a model is another one by %s', async (_name, digest, modifiedAt, again) => {
  const { asked, see } = start(() => can('completion'))
  const first = modifiedAt === 'later' && digest === '' ? model('a:latest', '') : model('a:latest')
  await see([first])
  await see([{ ...first, digest, modifiedAt }])
  expect(asked).toHaveLength(again ? 2 : 1)
})

test('a model that is gone is not listed', async () => {
  const { see, told, catalogue } = start(() => can('completion'))
  await see()
  const { version } = catalogue
  await see([both[0]!])
  expect(Object.keys(told())).toEqual(['a'])
  expect(catalogue.version).not.toBe(version)
})

test('a failure ends the round; the others are asked after the next probe, and it is asked again ever more rarely', async () => {
  let fails = true
  const { asked, see, told } = start(name => {
    if (name === 'a:latest' && fails) throw new HostFailure('failed', 'status 500')
    return can('completion')
  })
  await see()
  expect(asked).toEqual(['a:latest'])
  await see()
  expect(asked).toEqual(['a:latest', 'b:latest'])
  await vi.advanceTimersByTimeAsync(5_000)
  await see()
  await vi.advanceTimersByTimeAsync(5_000)
  await see()
  expect(asked).toHaveLength(3)
  fails = false
  await vi.advanceTimersByTimeAsync(5_000)
  await see()
  expect(asked).toHaveLength(4)
  expect(told()).toEqual({ a: ['completion'], public: ['completion'] })
})

test('what a host does not say is asked again later, and keeps nobody waiting', async () => {
  const { asked, see, told, changes } = start(name => (name === 'a:latest' ? undefined : can('embedding')))
  await see()
  expect(asked).toEqual(['a:latest', 'b:latest'])
  expect(told()).toEqual({ a: undefined, public: ['embedding'] })
  await vi.advanceTimersByTimeAsync(5_000)
  await see()
  expect(asked).toEqual(['a:latest', 'b:latest', 'a:latest'])
  expect(changes()).toBe(1)
})

test('what the last worker told counts until this one has asked, of models that are the same', async () => {
  const { catalogue, see, told } = start(() => undefined)
  const last = [
    { model: 'a', digest: 'd-a:latest', bytes: 1, modifiedAt: 't', capabilities: ['tools'] },
    { model: 'public', digest: 'old', bytes: 1, modifiedAt: 't', capabilities: ['tools'] },
  ]
  catalogue.remember('v', last)
  expect([catalogue.version, catalogue.models]).toEqual(['v', undefined])
  await see()
  expect(told()).toEqual({ a: ['tools'], public: undefined })
})

test('what was lost is told anew, as another version', async () => {
  const { catalogue, asked, see } = start(() => can('completion'))
  await see()
  catalogue.published(catalogue.descriptions)
  const { version } = catalogue
  catalogue.lost()
  await see()
  expect(asked).toHaveLength(4)
  expect(catalogue.version).not.toBe(version)
  expect(catalogue.descriptions.size).toBe(2)
})

test('nothing is asked any more once it is closed', async () => {
  const { catalogue, asked, see, changes } = start(() => can('completion'))
  catalogue.see(both, names)
  catalogue[Symbol.dispose]()
  await vi.advanceTimersByTimeAsync(100)
  await see()
  expect([asked.length, changes()]).toEqual([1, 0])
})
