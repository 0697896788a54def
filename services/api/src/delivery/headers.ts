import type { FastifyReply } from 'fastify'
import type { Admitted, Room } from '../admission/placement.ts'
import type { Resolved } from '../admission/resolver.ts'
import type { Answer } from '../dialects/dialect.ts'
import type { LitellmHeaders } from './litellm-headers.ts'

/** What the headers of an answer say of it beside its content, each as soon as it is known. `docs/api.md` lists them. */
export class AnswerHeaders {
  readonly #reply: FastifyReply
  readonly #litellm: LitellmHeaders | undefined

  constructor(reply: FastifyReply, litellm: LitellmHeaders | undefined) {
    this.#reply = reply
    this.#litellm = litellm
  }

  resolved(resolved: Resolved): void {
    const { adjusted } = resolved
    if (adjusted.length > 0) this.#reply.header('x-drover-adjusted', adjusted.join(', '))
    this.#litellm?.resolved(this.#reply, resolved)
  }

  /** Of requests whose answers are kept. */
  looked(outcome: 'hit' | 'miss'): void {
    this.#reply.header('x-drover-cache', outcome)
  }

  /** Where it stands when it begins to wait. */
  admitted({ place: { position, etaMs }, room }: Admitted): void {
    this.#reply.header('x-drover-queue-position', position)
    if (etaMs !== undefined) this.#reply.header('x-drover-queue-eta-ms', Math.round(etaMs))
    tellRoom(this.#reply, room)
  }

  /**
   * The headers are about to leave.
   * @param start of the attempt that answers; undefined while none has begun, and where no host was asked.
   */
  leaving(start: Answer['start']): void {
    if (start !== undefined) {
      this.#reply.header('x-drover-host', start.host)
      this.#reply.header('x-drover-queue-ms', Math.round(start.queuedMs))
      this.#reply.header('x-drover-attempts', start.tries)
    }
    this.#litellm?.leaving(this.#reply, start)
  }
}

/**
 * The queue in OpenAI's words. What is limited is how many requests wait for the model, all callers' of the same class
 * together: `remaining` more may come now, and after `reset` none of those here waits any longer.
 */
export const tellRoom = (reply: FastifyReply, { limit, waiting, resetMs }: Room): void => {
  reply.header('x-ratelimit-limit-requests', limit)
  reply.header('x-ratelimit-remaining-requests', Math.max(0, limit - waiting))
  if (resetMs !== undefined) reply.header('x-ratelimit-reset-requests', formatDuration(resetMs))
}

/** As OpenAI writes it: `20ms`, `1.2s`, `6m0s`, `1h0m3s`. */
export const formatDuration = (ms: number): string => {
  const [millis, tenths] = [Math.round(ms), Math.round(ms / 100)]
  if (millis < 1_000) return `${millis}ms`
  if (tenths < 600) return `${tenths / 10}s`
  const seconds = Math.round(ms / 1_000)
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  return `${hours === 0 ? '' : `${hours}h`}${minutes}m${seconds % 60}s`
}
