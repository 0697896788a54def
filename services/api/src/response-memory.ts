import { DroverError } from '@drover/shared/errors/drover-error'
import { problemOf } from '@drover/shared/errors/problem'
import type { Logger } from '@drover/shared/logger'
import type { Keys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { Collected } from './collect.ts'
import type { ParsedRequest } from './dialects/dialect.ts'
import { failedResponse, responsesAnswer } from './dialects/openai/responses-answer.ts'
import type { ResponsesEcho } from './dialects/openai/responses-echo.ts'
import { item, type Item } from './dialects/openai/responses-items.ts'
import { mustRecall } from './dialects/openai/responses-request.ts'
import { referredResponses, withReferred, type Output } from './dialects/openai/responses-references.ts'
import { languageOf } from './language-of.ts'
import type { Asked, Memory } from './routes/ask.ts'

export interface ResponseMemoryDeps {
  /** Fails fast: a request waits on it. */
  readonly redis: Redis
  readonly keys: Keys
  readonly keepMs: number
  readonly logger: Logger
}

/** What was kept of a response beside itself: all that came before its output. */
export interface Conversation {
  readonly earlier: readonly Item[]
  readonly input: readonly Item[]
}

/** `output` is that of `response` again: requests refer to many, whose parameters would be megabytes. */
type Field = 'response' | 'conversation' | 'output'

/** Of any other form, it was not given out here. */
const responseIds = /^resp_\w{1,100}$/

/** Responses of `/v1/responses`, each kept for the caller that asked for it: a hash of texts of JSON. */
export class ResponseMemory implements Memory<ResponsesEcho> {
  readonly #deps: ResponseMemoryDeps

  constructor(deps: ResponseMemoryDeps) {
    this.#deps = deps
  }

  async recall(parsed: ParsedRequest<ResponsesEcho>, caller: string): Promise<ParsedRequest<ResponsesEcho>> {
    if (!mustRecall(parsed.echo)) return parsed
    const { previousId, input } = parsed.echo
    // Sent together: one round trip.
    const [earlier, ...outputs] = await Promise.all([
      previousId === undefined ? [] : this.#whole(caller, previousId),
      ...referredResponses(input).map(id => this.#output(caller, id)),
    ])
    return withReferred(parsed, earlier, outputs.flat())
  }

  async remember({ caller, parsed, meta }: Asked<ResponsesEcho>, collected: Collected): Promise<void> {
    // Nobody is there to ask for it, as OpenAI has it.
    if (collected.kind === 'cancelled') return
    const { echo } = parsed
    const response =
      collected.kind === 'answer'
        ? responsesAnswer(meta, [collected.answer])
        : failedResponse(meta, problemOf(collected.code, collected.params, languageOf({ input: echo.input })))
    if (!response.store) return
    const { redis, keys, keepMs, logger } = this.#deps
    const key = keys.response(caller, response.id)
    const conversation = JSON.stringify({ earlier: echo.earlier, input: echo.input })
    try {
      await redis
        .multi()
        .hset(key, { response: JSON.stringify(response), conversation, output: JSON.stringify(response.output) })
        .pexpire(key, keepMs)
        .exec()
    } catch (error) {
      // The answer itself is complete, and goes out.
      logger.warn({ err: error, id: response.id }, 'a response was not kept')
    }
  }

  /** The response as it was answered. Throws DroverError `response_not_found`, or `queue_unavailable`. */
  async find(caller: string, id: string): Promise<string> {
    const [response] = await this.#read(caller, id, 'response')
    return present(id, response)
  }

  /** Throws as `find`. */
  async findConversation(caller: string, id: string): Promise<Conversation> {
    const [conversation] = await this.#read(caller, id, 'conversation')
    return readConversation(present(id, conversation))
  }

  /** Throws as `find`. */
  async forget(caller: string, id: string): Promise<void> {
    const { redis, keys } = this.#deps
    const removed = responseIds.test(id) ? await answered(redis.del(keys.response(caller, id))) : 0
    if (removed === 0) throw new DroverError('response_not_found', { response: id })
  }

  /** Its conversation, its own output included. */
  async #whole(caller: string, id: string): Promise<Item[]> {
    const [conversation, said] = await this.#read(caller, id, 'conversation', 'output')
    const { earlier, input } = readConversation(present(id, conversation))
    const output = readOutput(present(id, said), 'previous_response_id')
    return [...earlier, ...input, ...output.map(kept => kept.item)]
  }

  /** Nothing of a response that is not kept: which of its items are missed is the request's business. */
  async #output(caller: string, id: string): Promise<Output[]> {
    const [output] = await this.#read(caller, id, 'output')
    return output ? readOutput(output, 'input') : []
  }

  async #read(caller: string, id: string, ...fields: Field[]): Promise<(string | null)[]> {
    const { redis, keys } = this.#deps
    return responseIds.test(id) ? answered(redis.hmget(keys.response(caller, id), ...fields)) : []
  }
}

const answered = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    throw new DroverError('queue_unavailable', {}, error)
  }
}

const present = (id: string, kept: string | null | undefined): string => {
  if (typeof kept === 'string') return kept
  throw new DroverError('response_not_found', { response: id })
}

const conversation = z.object({ earlier: z.array(item), input: z.array(item) })
const readConversation = (json: string): Conversation => conversation.parse(JSON.parse(json))

const output = z.array(z.looseObject({ id: z.string() }))

/** @param field that names the response. Throws DroverError for what a model wrote and no host could be sent. */
const readOutput = (json: string, field: string): Output[] =>
  output.parse(JSON.parse(json)).map(kept => {
    const { success, data } = item.safeParse(kept)
    if (success) return { id: kept.id, item: data, chars: JSON.stringify(data).length }
    const problem = 'must refer to a response whose calls have JSON objects as arguments'
    throw new DroverError('invalid_request', { field, problem })
  })
