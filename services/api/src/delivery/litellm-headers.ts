import type { FastifyReply } from 'fastify'
import type { Resolved } from '../admission/resolver.ts'
import type { Answer } from '../dialects/dialect.ts'
import type { FleetView } from '../fleet-view.ts'
import packageJson from '../../package.json' with { type: 'json' }

/** What a LiteLLM proxy says of its answers, for clients and dashboards that read it: `server.litellmHeaders`. */
export class LitellmHeaders {
  readonly #fleet: Pick<FleetView, 'hosts'>

  constructor(fleet: Pick<FleetView, 'hosts'>) {
    this.#fleet = fleet
  }

  resolved(reply: FastifyReply, { model, tried }: Resolved): void {
    const { headers, id } = reply.request
    const own = headers['x-litellm-call-id']
    reply.header('x-litellm-call-id', typeof own === 'string' && callId.test(own) ? own : id)
    reply.header('x-litellm-version', packageJson.version)
    // A group's name may have letters that no header has.
    reply.header('x-litellm-model-group', encodeURI(model.toWellFormed()))
    reply.header('x-litellm-attempted-fallbacks', tried.length)
  }

  leaving(reply: FastifyReply, start: Answer['start']): void {
    reply.header('x-litellm-response-duration-ms', Math.round(reply.elapsedTime))
    if (start === undefined) return
    reply.header('x-litellm-model-id', start.host)
    reply.header('x-litellm-attempted-retries', Math.max(0, start.tries - 1))
    // Workers publish it without credentials.
    const url = this.#fleet.hosts.find(({ id }) => id === start.host)?.url
    if (url !== undefined) reply.header('x-litellm-model-api-base', url)
  }
}

/** What a client may call its request: it is sent back. */
const callId = /^[\w.:-]{1,128}$/
