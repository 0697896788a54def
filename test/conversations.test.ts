import { createKeys, warmTtlMs } from '@drover/shared/redis/keys'
import { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { afterAll, expect, inject, test } from 'vitest'
import { Conversations } from '../services/worker/src/conversations.ts'

const redis = new Redis(inject('redisUrl'))
afterAll(() => redis.disconnect())

const rig = () => {
  const keys = createKeys(`t${randomUUID().slice(0, 8)}`)
  const hosts = ['a', 'b'].map(id => new Conversations(redis, keys, id)) as [Conversations, Conversations]
  // On one connection, so what is read comes after what was said.
  const warmOn = (digest: string): Promise<string | null> => redis.get(keys.warm(digest))
  const answer = (host: Conversations, conversation: string, slots: number, continues?: string): void => {
    const turn = { conversation, ...(continues === undefined ? {} : { continues }) }
    host.begin('m', turn, slots - 1)
    host.end('m', turn, slots)
  }
  return { keys, hosts, warmOn, answer }
}

test('the fleet is told which host has a conversation, and that it has it no more', async () => {
  const { keys, hosts, warmOn, answer } = rig()
  answer(hosts[0], 'x', 1)
  expect(await warmOn('x')).toBe('a')
  expect(await redis.pttl(keys.warm('x'))).toBeGreaterThan(warmTtlMs - 5_000)
  answer(hosts[0], 'y', 1)
  expect([await warmOn('x'), await warmOn('y')]).toEqual([null, 'a'])
})

test('what another host has by now is left to it', async () => {
  const { hosts, warmOn, answer } = rig()
  answer(hosts[0], 'x', 1)
  answer(hosts[1], 'x', 1)
  answer(hosts[0], 'y', 1)
  expect(await warmOn('x')).toBe('b')
})

test('a model that was unloaded has no conversations', async () => {
  const { hosts, warmOn, answer } = rig()
  answer(hosts[0], 'x', 2)
  hosts[0].keepOnly(new Set(['m']))
  expect(await warmOn('x')).toBe('a')
  hosts[0].keepOnly(new Set())
  expect(await warmOn('x')).toBeNull()
})
