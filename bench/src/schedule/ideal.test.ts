import { describe, expect, test } from 'vitest'
import { idealQueue } from './ideal.ts'

const forever = new AbortController().signal

describe('the ideal queue', () => {
  test('the fastest host with a free slot takes a request, and nobody gets more than its slots', async () => {
    const queue = idealQueue([
      { url: 'slow', slots: 1, tokenMs: 40 },
      { url: 'fast', slots: 2, tokenMs: 10 },
    ])
    const routes = [await queue.route(forever), await queue.route(forever), await queue.route(forever)]
    expect(routes.map(({ url }) => url)).toEqual(['fast', 'fast', 'slow'])
    const waiting = queue.route(forever)
    routes[2]![Symbol.dispose]!()
    expect((await waiting).url).toBe('slow')
  })

  test('first come first served, and who leaves gives its place up', async () => {
    const queue = idealQueue([{ url: 'a', slots: 1, tokenMs: 1 }])
    const running = await queue.route(forever)
    const leaver = new AbortController()
    const left = queue.route(leaver.signal)
    const next = queue.route(forever)
    leaver.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    running[Symbol.dispose]!()
    ;(await next)[Symbol.dispose]!()
    expect((await queue.route(forever)).url).toBe('a')
  })
})
