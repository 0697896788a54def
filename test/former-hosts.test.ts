import { publishHost, type HostState } from '@drover/shared/fleet'
import { jobOptions, locks, orderRange, queues, type ChatJob } from '@drover/shared/queues'
import { Queue } from 'bullmq'
import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { PullQueues } from '@drover/shared/pull/pull-queues'
import { chatJob } from './support/chat-job.ts'
import { startStack } from './support/stack.ts'

const redisUrl = inject('redisUrl')

const gone: HostState = {
  id: 'gone',
  url: 'http://127.0.0.1:1',
  up: true,
  slots: 1,
  running: 0,
  drained: false,
  groups: {},
  models: ['llama3.2'],
  loaded: [],
  worker: 'w_dead',
}

const job = (id: string): ChatJob =>
  chatJob({
    id,
    model: 'llama3.2',
    request: { kind: 'chat', messages: [{ role: 'user', content: id }], options: {} },
    order: orderRange.first,
    boundTo: gone.id,
    boundUntil: Date.now() + 600_000,
  })

test('what was bound to a host that is in no configuration any more is done by the others, what its dead worker ran, too', async () => {
  await using stack = await startStack({ redisUrl })
  const { redis, keys } = stack
  const name = queues.host(gone.id, 'llama3.2')
  await using own = new AsyncDisposableStack()
  const queue = own.adopt(new Queue(name, { connection: redis, prefix: keys.prefix }), open => open.close())
  const dead = new PullQueues(redis, keys.prefix, () => {})
  for (const id of ['ran', 'waited']) {
    await queue.add('chat', job(id), { ...jobOptions, jobId: id, priority: orderRange.first })
    if (id === 'ran') expect(await dead.fetch(name, randomUUID())).toBeDefined()
  }
  await dead[Symbol.asyncDispose]()
  await publishHost(redis, keys, gone, false)
  // A worker that has it in its configuration may look after it yet.
  await redis.pexpire(keys.hostAlive(gone.id), locks.lockDurationMs)
  const asked = (): string[] =>
    stack.hosts[0]!.requests.flatMap(({ body }) => /"content":"(\w+)"/.exec(body)?.[1] ?? [])
  await expect.poll(() => asked().sort(), { timeout: 30_000, interval: 100 }).toEqual(['ran', 'waited'])
})
