import { askedModel, type GuardRulebook, type GuardRules } from '@drover/shared/guard-rules'
import type { Config } from '@drover/shared/config/schema'
import { decodeEvents, encodeEvents, type StreamEvent } from '@drover/shared/events'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import type { Resolved } from '../admission/resolver.ts'
import type { Answering } from '../delivery/answering.ts'
import type { ModelDirectory } from '../model-directory.ts'
import { cacheKeys, digestOf } from './cache-key.ts'
import { Recording } from './recording.ts'

/** A cache that is slower than this is none. With it, a Redis that is away is told of within 1.5 s all the same. */
const readTimeoutMs = 250

export interface AnswerCacheDeps {
  readonly config: Pick<Config, 'cache'>
  readonly rulebook: GuardRulebook
  readonly redis: Redis
  readonly keys: Keys
  readonly models: ModelDirectory
}

/** Answers to requests that would be answered the same again, kept for the caller that had them. */
export class AnswerCache {
  readonly #deps: AnswerCacheDeps
  readonly #guardDigests: ReadonlyMap<GuardRules, string>

  constructor(deps: AnswerCacheDeps) {
    this.#deps = deps
    this.#guardDigests = new Map(deps.rulebook.all.map(rules => [rules, digestOf(JSON.stringify(rules))]))
  }

  /** Where the answers are kept, one each; undefined when they would be different each time. */
  keysOf({ model, tried, requests }: Resolved, caller: string): readonly string[] | undefined {
    const { models, keys, rulebook } = this.#deps
    const rules = rulebook.rulesFor(askedModel({ model, tried }), caller)
    // The list changes under the same settings: what was let through may be on it now.
    if (rules.output.settings.MaliciousURLs?.blockListFile !== undefined) return undefined
    const guardDigest = this.#guardDigests.get(rules) ?? ''
    const question = { caller, model, defaults: models.optionsOf(model), guardDigest }
    return cacheKeys(requests, question)?.map(digest => keys.cache(digest))
  }

  /** All of the answers, or undefined. One round trip; never rejects. */
  async find(keys: readonly string[]): Promise<Answering | undefined> {
    const timeout = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => timeout.resolve(undefined), readTimeoutMs)
    try {
      const found = await Promise.race([this.#deps.redis.mget(...keys), timeout.promise])
      const answers = found?.map(json => (json === null ? undefined : parse(json)))
      return answers?.every(events => events !== undefined) === true ? replay(answers) : undefined
    } catch {
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  /** Keeps each answer that comes to an end of its own, once it has been passed on. */
  keeping(answering: Answering, keys: readonly string[], { model }: Pick<Resolved, 'model'>): Answering {
    return {
      streams: answering.streams.map((stream, index) => this.#record(stream, model, keys[index])),
      findPlace: () => answering.findPlace(),
      close: () => answering.close(),
    }
  }

  async *#record(
    stream: Answering['streams'][number],
    model: string,
    key: string | undefined,
  ): AsyncGenerator<readonly StreamEvent[]> {
    const recording = new Recording(model, this.#deps.config.cache.answerBytesMax)
    try {
      for await (const events of stream) {
        recording.add(events)
        yield events
      }
    } finally {
      const { events } = recording
      // The answer first.
      if (events !== undefined && key !== undefined) setImmediate(() => this.#store(key, events))
    }
  }

  #store(key: string, events: readonly StreamEvent[]): void {
    const { redis, config } = this.#deps
    const json = encodeEvents(events)
    if (Buffer.byteLength(json) > config.cache.answerBytesMax) return
    redis.set(key, json, 'PX', config.cache.ttlMs).catch(() => {})
  }
}

/** Undefined for what another version has written. */
const parse = (json: string): StreamEvent[] | undefined => {
  try {
    const events = decodeEvents(json)
    return events.at(-1)?.type === 'end' ? events : undefined
  } catch {
    return undefined
  }
}

const replay = (answers: readonly StreamEvent[][]): Answering => ({
  streams: answers.map(events => inOne(events)),
  findPlace: async () => undefined,
  close: () => {},
})

async function* inOne(events: StreamEvent[]): AsyncGenerator<StreamEvent[]> {
  yield events
}
