import type { StreamEvent } from '@drover/shared/events'
import { LogHub } from '@drover/shared/log/hub'
import { LogScripts } from '@drover/shared/log/scripts'
import { orderRange, type ChatJob } from '@drover/shared/queues'
import { createRedis } from '@drover/shared/redis/client'
import { createKeys } from '@drover/shared/redis/keys'
import { Responses } from '../../services/api/src/responses.ts'
import { answer } from '../../test/fakes/ollama/tokens.ts'
import { model } from './wire.ts'

/** Scripts that adding a job and hearing of its end takes. */
export const producerScriptsPerJob = 2

export interface JobLoad {
  readonly count: number
  /** Jobs that wait or run at any time. */
  readonly outstanding: number
  readonly tokens: number
}

interface JobLoadResult {
  readonly wallMs: number
  /** From adding a job to the last entry of its log. One per job. */
  readonly latenciesMs: readonly number[]
}

interface Done {
  readonly id: string
  readonly seed: number
  readonly latencyMs: number
  readonly text: string
}

/** A job that nobody does would be waited for until its deadline. */
const loadMaxMs = 120_000

export interface Producer extends AsyncDisposable {
  run(load: JobLoad): Promise<JobLoadResult>
}

/** The api's side of a job without HTTP: adds jobs to a model's queue and reads their logs, on connections of its own. */
export const openProducer = async (redisUrl: string, prefix: string, signal: AbortSignal): Promise<Producer> => {
  const keys = createKeys(prefix)
  const redis = createRedis(redisUrl, 'worker')
  const subscriber = createRedis(redisUrl, 'subscriber')
  const scripts = new LogScripts(redis, keys)
  const hub = await LogHub.open('producer', keys, scripts, subscriber)
  // Everybody is admitted, and nobody asks where they stand.
  const nothing = async (): Promise<void> => {}
  const gate = { refund: nothing, takeBack: nothing }
  const asked = { remember: (): void => {}, forget: (): void => {} }
  const responses = new Responses({ redis, keys, hub, scripts, gate, asked, fleet: { observable: false } })
  let added = 0

  const doJob = async (seed: number, tokens: number, until: AbortSignal): Promise<Done> => {
    const id = `job-${(added += 1)}`
    const job = jobOf(id, { seed: String(seed), num_predict: String(tokens) })
    const startedMs = performance.now()
    const batches: StreamEvent[][] = []
    for await (const events of await responses.start(job, { name: model, position: 1, signal: until }))
      batches.push(events)
    const latencyMs = performance.now() - startedMs
    until.throwIfAborted()
    return { id, seed, latencyMs, text: textOf(batches.flat()) }
  }

  return {
    async run({ count, outstanding, tokens }) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(loadMaxMs)])
      until.throwIfAborted()
      const done: Done[] = []
      let next = 0
      const addOneByOne = async (): Promise<void> => {
        while (next < count) {
          const seed = (next += 1)
          done.push(await doJob(seed, tokens, until))
        }
      }
      const startedMs = performance.now()
      await Promise.all(Array.from({ length: outstanding }, addOneByOne))
      const wallMs = performance.now() - startedMs
      for (const { seed, text } of done)
        if (text !== answer(seed, tokens)) throw new Error(`a wrong answer for seed ${seed}: ${JSON.stringify(text)}`)
      const logs = done.map(({ id }) => keys.log(id, 'out'))
      await redis.unlink(...logs, ...logs.map(key => keys.listeners(key)))
      return { wallMs, latenciesMs: done.map(({ latencyMs }) => latencyMs) }
    },
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]()
      await responses[Symbol.asyncDispose]()
      subscriber.disconnect()
      redis.disconnect()
    },
  }
}

const jobOf = (id: string, options: Record<string, string>): ChatJob => ({
  id,
  model,
  request: { kind: 'chat', messages: [{ role: 'user', content: 'Count the sheep.' }], options },
  guard: { input: false, output: false },
  observed: [],
  caller: 'bench',
  class: 'interactive',
  order: orderRange.first,
  enqueuedAt: Date.now(),
  deadlineAt: Date.now() + loadMaxMs,
  excludedHosts: [],
  tried: [],
  moves: 0,
  triesBefore: 0,
  returns: 0,
})

/** What was said; throws when the log does not end with `end`. */
const textOf = (events: readonly StreamEvent[]): string => {
  const last = events.at(-1)
  if (last?.type !== 'end') throw new Error(`a job ended with ${JSON.stringify(last)}`)
  return events.map(event => (event.type === 'text' ? event.text : '')).join('')
}
