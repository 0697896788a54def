import { configSchema } from '@drover/shared/config/schema'
import type { StreamEvent } from '@drover/shared/events'
import { LogHub } from '@drover/shared/log/hub'
import { LogScripts } from '@drover/shared/log/scripts'
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
  const config = configSchema.parse({ hosts: [{ id: 'bench', url: 'http://127.0.0.1' }], guard: { enabled: false } })
  const responses = new Responses({ config, redis, keys, hub, scripts })
  let added = 0

  const doJob = async (seed: number, tokens: number, until: AbortSignal): Promise<Done> => {
    const id = `job-${(added += 1)}`
    const request = {
      messages: [{ role: 'user' as const, content: 'Count the sheep.' }],
      options: { seed: String(seed), num_predict: String(tokens) },
    }
    const startedMs = performance.now()
    const batches: StreamEvent[][] = []
    for await (const events of await responses.start(id, model, request, until)) batches.push(events)
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

/** What was said; throws when the log does not end with `end`. */
const textOf = (events: readonly StreamEvent[]): string => {
  const last = events.at(-1)
  if (last?.type !== 'end') throw new Error(`a job ended with ${JSON.stringify(last)}`)
  return events.map(event => (event.type === 'text' ? event.text : '')).join('')
}
