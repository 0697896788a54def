import type { RouteHandlerMethod } from 'fastify'
import type { Admission, Asking } from '../admission/admission.ts'
import { callerOf } from '../admission/caller.ts'
import type { Resolved, Resolver } from '../admission/resolver.ts'
import { termsOf } from '../admission/terms.ts'
import type { AnswerCache } from '../cache/answer-cache.ts'
import type { Collected } from '../collect.ts'
import type { Answering } from '../delivery/answering.ts'
import { departure } from '../delivery/departure.ts'
import { AnswerHeaders } from '../delivery/headers.ts'
import type { LitellmHeaders } from '../delivery/litellm-headers.ts'
import { streamAnswer } from '../delivery/stream-answer.ts'
import { wholeAnswer } from '../delivery/whole-answer.ts'
import type { AnswerMeta, Dialect, ParsedRequest } from '../dialects/dialect.ts'
import { Exchange, type ExchangeDeps } from '../exchange.ts'

/** THE LIFE OF A REQUEST, whatever the dialect. `docs/life-of-a-request.md` tells the same story with the other half. */

export interface AskDeps extends ExchangeDeps {
  readonly resolver: Resolver
  /** Undefined where no answers are kept. */
  readonly cache: AnswerCache | undefined
  readonly admission: Admission
  /** Undefined where they are not wanted. */
  readonly litellmHeaders: LitellmHeaders | undefined
  readonly keysAreChecked: boolean
  /** Of requests that set none, and the most they may set. */
  readonly deadlineMs: number
  readonly headersAfterMs: number
  readonly heartbeatMs: number
}

/** What a dialect keeps between the requests of a caller. */
export interface Memory<Echo> {
  /** Adds what the request only refers to. Throws DroverError where there is no such thing. */
  recall(parsed: ParsedRequest<Echo>, caller: string): Promise<ParsedRequest<Echo>>
  /** Before the client sees the end of the answer. Never rejects. */
  remember(asked: Asked<Echo>, collected: Collected): Promise<void>
}

/** A request on its way: everything of it that delivery needs. */
export interface Asked<Echo = unknown> {
  readonly caller: string
  readonly parsed: ParsedRequest<Echo>
  readonly meta: AnswerMeta<Echo>
  readonly memory: Memory<Echo> | undefined
}

/** After its deadline, a request has this long to read that it is over. */
const unreadMs = 5_000

export const askRoute =
  <Echo>(dialect: Dialect<Echo>, deps: AskDeps, memory?: Memory<Echo>): RouteHandlerMethod =>
  async (request, reply) => {
    // 1. Parse.
    const caller = callerOf(request, deps.keysAreChecked)
    const stated = dialect.parse(request.body)
    const terms = termsOf(request.headers, stated.class, deps.deadlineMs)
    const gone = departure(request, reply, terms.deadlineMs + unreadMs)
    const parsed = memory === undefined ? stated : await memory.recall(stated, caller)
    // 2. Admit: whom is what asked of, has it been answered, and if not, where may it wait?
    const headers = new AnswerHeaders(reply, deps.litellmHeaders)
    const resolved = deps.resolver.resolve(parsed, caller)
    headers.resolved(resolved)
    const asking = { ...terms, id: request.id, caller, gone }
    const answering = await answer(resolved, asking, headers, deps)
    const meta = {
      id: request.id,
      model: parsed.model,
      createdAtMs: Date.now(),
      choices: parsed.requests.length,
      echo: parsed.echo,
    }
    const asked = { caller, parsed, meta, memory }
    // 5 to 8 happen in the guard and the worker. 9. Deliver; 10. whoever leaves cancels: `Exchange.close`.
    return parsed.stream
      ? streamAnswer(dialect, asked, answering, headers, deps, reply)
      : wholeAnswer(dialect, asked, answering, headers, reply)
  }

/** What was answered before, if that is kept; else from a host. */
const answer = async (
  resolved: Resolved,
  asking: Asking & { readonly gone: AbortSignal },
  headers: AnswerHeaders,
  deps: AskDeps,
): Promise<Answering> => {
  const keys = deps.cache?.keysOf(resolved, asking.caller)
  const kept = keys && (await deps.cache?.find(keys))
  if (keys !== undefined) headers.looked(kept === undefined ? 'miss' : 'hit')
  if (kept !== undefined) return kept
  const admitted = await deps.admission.place(resolved, asking)
  headers.admitted(admitted)
  // 3 and 4. Listen, then enqueue: once per answer.
  const { deadlineMs, gone } = asking
  const exchange = await Exchange.open(admitted, deps, { name: resolved.name, deadlineMs, gone })
  return keys === undefined || deps.cache === undefined ? exchange : deps.cache.keeping(exchange, keys, resolved)
}
