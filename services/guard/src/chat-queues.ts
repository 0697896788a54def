import { enqueue } from '@drover/shared/enqueue'
import { queueDefaults, type ChatJob } from '@drover/shared/queues'
import type { Keys } from '@drover/shared/redis/keys'
import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'

/** The queues that prompts are passed on to, opened with the first one. */
export class ChatQueues implements AsyncDisposable {
  readonly #redis: Redis
  readonly #keys: Keys
  readonly #onError: (error: Error) => void
  readonly #queues = new Map<string, Queue>()

  constructor(redis: Redis, keys: Keys, onError: (error: Error) => void) {
    this.#redis = redis
    this.#keys = keys
    this.#onError = onError
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#queues.values()].map(queue => queue.close()))
  }

  /** Rejects when Redis does not take it. */
  async add(name: string, job: ChatJob): Promise<void> {
    await enqueue(this.#queue(name), job, this.#redis, this.#keys)
  }

  #queue(name: string): Queue {
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const queue = new Queue(name, { connection: this.#redis, prefix: this.#keys.prefix, ...queueDefaults })
    this.#queues.set(name, queue.on('error', this.#onError))
    return queue
  }
}
