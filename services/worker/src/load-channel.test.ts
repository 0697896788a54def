import { createKeys } from '@drover/shared/redis/keys'
import type { HostLoad } from '@drover/shared/scheduling/load'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LoadChannel } from './load-channel.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const load = (id: string, used: number): HostLoad => ({ id, open: true, slots: 9, used, groups: {} })

const start = () => {
  const sent: string[] = []
  let answer = Promise.resolve(1)
  const redis = {
    publish: (_channel: string, message: string) => {
      sent.push(message)
      return answer
    },
  } as unknown as Redis
  let used = 0
  const channel = new LoadChannel(redis, createKeys('t'), id => (id === 'gone' ? undefined : load(id, used)))
  const told = () => sent.map(message => (JSON.parse(message) as HostLoad[]).map(host => `${host.id}:${host.used}`))
  return {
    channel,
    sent,
    told,
    use: (slots: number) => (used = slots),
    hang: () => {
      const reply = Promise.withResolvers<number>()
      answer = reply.promise
      return reply
    },
  }
}

test('what changes together is told together, as it is then, and the next news at most every 10 ms', async () => {
  const { channel, told, use } = start()
  channel.changed('a')
  channel.changed('b')
  use(1)
  channel.changed('a')
  await vi.advanceTimersByTimeAsync(5)
  expect(told()).toEqual([['a:1', 'b:1']])
  use(2)
  channel.changed('a')
  use(3)
  channel.changed('a')
  await vi.advanceTimersByTimeAsync(20)
  expect(told()).toEqual([['a:1', 'b:1'], ['a:3']])
})

test('a slow Redis gets one message at a time, and the last news', async () => {
  const { channel, told, use, hang } = start()
  const reply = hang()
  channel.changed('a')
  await vi.advanceTimersByTimeAsync(1)
  for (const slots of [1, 2, 3]) {
    use(slots)
    channel.changed('a')
    await vi.advanceTimersByTimeAsync(50)
  }
  expect(told()).toEqual([['a:0']])
  reply.resolve(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(told()).toEqual([['a:0'], ['a:3']])
})

test('a host that is given up is told once, closed, and not after', async () => {
  const { channel, sent } = start()
  channel.left(load('gone', 1))
  channel.changed('gone')
  await vi.advanceTimersByTimeAsync(20)
  channel.changed('gone')
  await vi.advanceTimersByTimeAsync(20)
  expect(sent.map(message => JSON.parse(message) as unknown)).toEqual([[{ ...load('gone', 1), open: false }]])
})

test('its own messages are known by it', async () => {
  const { channel, sent } = start()
  channel.changed('a')
  await vi.advanceTimersByTimeAsync(1)
  expect(channel.isOwn(sent[0] ?? '')).toBe(true)
  expect(channel.isOwn('[]')).toBe(false)
})
