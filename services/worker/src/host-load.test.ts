import { expect, test } from 'vitest'
import { hostLoad, type HostFigures } from './host-load.ts'

const host: HostFigures = {
  id: 'h',
  open: true,
  slots: 4,
  names: new Map([
    ['a', 'a:latest'],
    ['alias', 'a:latest'],
    ['b', 'b:8b'],
  ]),
  loaded: new Set(['b:8b']),
  loadedMax: 1,
  used: [],
  speeds: new Map(),
  slotsOf: group => (group === 'b' ? 1 : 2),
}

test('what runs under one name counts for every name of the same model', () => {
  const load = hostLoad({ ...host, used: [{ a: 1, b: 1 }, { alias: 1 }] })
  expect(load).toMatchObject({ id: 'h', slots: 4, used: 3 })
  expect(load.groups).toMatchObject({
    a: { slots: 2, used: 2, loaded: false },
    alias: { slots: 2, used: 2, loaded: false },
    b: { slots: 1, used: 1, loaded: true },
  })
})

test('what a former owner runs for a model that the host has no more counts for the host', () => {
  const load = hostLoad({ ...host, used: [{}, { gone: 2 }] })
  expect(load.used).toBe(2)
  expect(Object.values(load.groups).map(group => group.used)).toEqual([0, 0, 0])
})

test.each([
  ['nothing in memory', [], 1, 1],
  ['as much as it ever had', ['b:8b'], 1, 0],
  ['less than it once had', ['b:8b'], 3, 2],
  ['more than was ever seen', ['b:8b', 'a:latest'], 1, 0],
])('a host with %s', (_has, loaded, loadedMax, room) => {
  expect(hostLoad({ ...host, loaded: new Set(loaded), loadedMax }).room).toBe(room)
})
