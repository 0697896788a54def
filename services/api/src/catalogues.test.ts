import type { Catalogued } from '@drover/shared/catalogue'
import type { HostState } from '@drover/shared/fleet'
import { createKeys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import { beforeEach, expect, test } from 'vitest'
import { Catalogues } from './catalogues.ts'

const keys = createKeys('p')
const hash = new Map<string, string>()
let reads: string[][] = []
let away = false
const redis = {
  hmget: async (_key: string, ...ids: string[]) => {
    if (away) throw new Error('away')
    reads.push(ids)
    return ids.map(id => hash.get(id) ?? null)
  },
} as unknown as Redis

const host = (id: string, catalogue?: string): HostState => ({
  id,
  url: 'http://h',
  up: true,
  slots: 1,
  running: 0,
  drained: false,
  groups: {},
  models: [],
  loaded: [],
  worker: 'w',
  ...(catalogue === undefined ? {} : { catalogue }),
})
const model = (name: string, capabilities?: string[]): Catalogued => ({
  model: name,
  digest: 'd',
  bytes: 1,
  modifiedAt: '',
  ...(capabilities === undefined ? {} : { capabilities }),
})

beforeEach(() => {
  hash.clear()
  reads = []
})

test('only what has changed is read again, and what a host has not got any more is forgotten', async () => {
  const catalogues = new Catalogues(redis, keys)
  hash.set('a', JSON.stringify([model('m', ['tools']), model('n')]))
  hash.set('b', JSON.stringify([model('m', [])]))
  await catalogues.refresh([host('a', '1'), host('b', '1'), host('c')])
  expect(catalogues.byHost.get('a')?.map(each => each.model)).toEqual(['m', 'n'])
  expect(catalogues.canDo([{ id: 'b' }], 'm', 'vision')).toBe(false)
  expect(catalogues.byHost.has('c')).toBe(false)

  await catalogues.refresh([host('a', '1'), host('b', '1'), host('c')])
  hash.set('b', JSON.stringify([model('m', ['vision'])]))
  await catalogues.refresh([host('a', '1'), host('b', '2')])
  expect(reads).toEqual([['a', 'b'], ['b']])
  expect(catalogues.canDo([{ id: 'b' }], 'm', 'vision')).toBe(true)
  expect([...catalogues.byHost.keys()].toSorted()).toEqual(['a', 'b'])

  await catalogues.refresh([host('b', '2')])
  expect([...catalogues.byHost.keys()]).toEqual(['b'])
})

test('a read that fails is made up for at the next look', async () => {
  const catalogues = new Catalogues(redis, keys)
  hash.set('a', JSON.stringify([model('m', ['tools'])]))
  away = true
  await expect(catalogues.refresh([host('a', '1')])).rejects.toThrow('away')
  away = false
  await catalogues.refresh([host('a', '1')])
  expect(catalogues.canDo([{ id: 'a' }], 'm', 'tools')).toBe(true)
})

test.each<[string, (string[] | undefined)[], boolean | undefined]>([
  ['no host that could', [], undefined],
  ['a host that can', [['tools']], true],
  ['a host that cannot', [['completion']], false],
  ['a host that has not told', [undefined], undefined],
  ['one that can and one that cannot', [['completion'], ['tools']], true],
  ['one that can and one that has not told', [undefined, ['tools']], true],
  ['one that cannot and one that has not told', [['completion'], undefined], undefined],
  ['several that cannot', [['completion'], []], false],
])('with %s, a model can: %3$s', async (_name, told, can) => {
  const catalogues = new Catalogues(redis, keys)
  const hosts = told.map((_, index) => host(`h${index}`, '1'))
  for (const [index, capabilities] of told.entries()) hash.set(`h${index}`, JSON.stringify([model('m', capabilities)]))
  await catalogues.refresh(hosts)
  expect(catalogues.canDo(hosts, 'm', 'tools')).toBe(can)
})
