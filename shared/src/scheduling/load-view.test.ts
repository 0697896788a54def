import { expect, test } from 'vitest'
import { LoadView } from './load-view.ts'
import { loadBelievedMs } from './load.ts'

const load = (id: string) => ({ id, open: true, slots: 1, used: 0, groups: {} })

test('what cannot be read of one host hides no other', () => {
  const view = new LoadView()
  view.hear(JSON.stringify([load('a'), { ...load('b'), used: null }, load('c')]), 0)
  expect(view.all(['a', 'b', 'c'], 0).map(({ id }) => id)).toEqual(['a', 'c'])
})

test.each(['', 'no JSON', '{}', 'null'])('a message that says %j says nothing', message => {
  const view = new LoadView()
  view.hear(message, 0)
  expect(view.all(['a'], 0)).toEqual([])
})

test('a host that nothing was heard of for a while is closed', () => {
  const view = new LoadView()
  view.hear(JSON.stringify([load('a')]), 0)
  expect(view.get('a', loadBelievedMs)?.open).toBe(true)
  expect(view.get('a', loadBelievedMs + 1)?.open).toBe(false)
})
