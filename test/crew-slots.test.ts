import { createRedis } from '@drover/shared/redis/client'
import type { Redis } from 'ioredis'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, inject, test, vi } from 'vitest'
import { disconnect, freshKeys, hostIds, startWorker, World, type Worker } from './support/test-crew.ts'
import { seededRandom } from './support/random.ts'

const redisUrl = inject('redisUrl')

/** A network on which some commands take their time; the connection keeps their order. */
const slowDown = (redis: Redis, random: () => number): void => {
  const send = redis.sendCommand.bind(redis)
  let sent = Promise.resolve()
  redis.sendCommand = command => {
    const delayMs = random() < 0.2 ? random() ** 4 * 60 : 0
    if (delayMs > 0) sent = sent.then(() => delay(delayMs))
    sent = sent.then(() => void send(command))
    return command.promise
  }
}

let mostAnywhere = 0

test.each(Array.from({ length: 24 }, (_, index) => index + 1))(
  'never more than its slots run on a host, whoever joins, leaves and dies (%i)',
  async seed => {
    // Leases are believed by this clock; Redis keeps its own, and the test ends the life of a dead worker's keys.
    vi.useFakeTimers({ toFake: ['performance'] })
    const random = seededRandom(seed)
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)]
    const world = new World()
    const keys = freshKeys()
    const admin = createRedis(redisUrl, 'worker')
    const start = async (): Promise<Worker> => {
      const worker = await startWorker(redisUrl, keys, world)
      slowDown(worker.redis, random)
      return worker
    }
    let workers = [await start(), await start()]
    const all = [...workers]
    const closing: Promise<void>[] = []

    const crash = async (worker: Worker): Promise<void> => {
      workers = workers.filter(other => other !== worker)
      disconnect(worker)
      for (const pool of worker.pools) pool.crash()
    }
    const forget = async (dead: string): Promise<void> => {
      await admin.del(keys.owner(dead))
      for (const hostId of hostIds)
        if ((await admin.get(keys.lease(hostId))) === dead) await admin.del(keys.lease(hostId))
      vi.advanceTimersByTime(2_100)
    }
    const leave = (worker: Worker): void => {
      workers = workers.filter(other => other !== worker)
      closing.push(worker.crew.close())
    }
    const crashed: string[] = []
    for (let step = 0; step < 250; step += 1) {
      const dice = random()
      const worker = pick(workers)
      if (dice < 0.55) {
        for (const pool of all.flatMap(any => any.pools)) pool.startOne(pick(['m1', 'm2']) ?? 'm1')
      } else if (dice < 0.7) pick(all.flatMap(any => any.pools).filter(pool => pool.used > 0))?.endOne()
      else if (dice < 0.92) void worker?.crew.round().catch(() => {})
      else if (dice < 0.94 && workers.length < 4) {
        const joined = await start()
        all.push(joined)
        workers.push(joined)
      } else if (dice < 0.95 && workers.length > 1 && worker !== undefined) leave(worker)
      else if (dice < 0.97 && workers.length > 1) {
        // Also one that is leaving.
        const victim = pick(all.filter(any => !crashed.includes(any.id)))
        if (victim !== undefined && (workers.length > 1 || !workers.includes(victim))) {
          crashed.push(victim.id)
          await crash(victim)
        }
      } else if (dice < 0.985) for (const id of crashed) await forget(id)
      if (random() < 0.5) await delay(Math.floor(random() * 5))
      expect(world.most).toBeLessThanOrEqual(world.slots)
    }
    mostAnywhere = Math.max(mostAnywhere, world.most)
    for (const worker of all) disconnect(worker)
    admin.disconnect()
    vi.useRealTimers()
  },
)

test('some of these runs had all slots of a host in use', () => {
  expect(mostAnywhere).toBe(new World().slots)
})
