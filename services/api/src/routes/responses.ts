import { DroverError } from '@drover/shared/errors/drover-error'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { callerOf } from '../admission/caller.ts'
import { check } from '../dialects/check.ts'
import { listedItems } from '../dialects/openai/responses-listed.ts'
import { inputItems, response } from '../dialects/openai/responses-schema.ts'
import { openaiResponses } from '../dialects/openai/responses.ts'
import type { Operation } from '../openapi/operation.ts'
import type { ResponseMemory } from '../response-memory.ts'
import { askRoute, type AskDeps } from './ask.ts'

const path = '/v1/responses'

const retrieveQuery = z.object({
  stream: z.enum(['false'], 'must be false or absent: a response is not streamed again').optional(),
})

const limit = 'must be an integer from 1 to 100'
const listQuery = z.object({
  limit: z.coerce.number(limit).int(limit).min(1, limit).max(100, limit).default(20),
  order: z.enum(['asc', 'desc'], 'must be "asc" or "desc"').default('desc'),
  after: z.string('must be the id of an item').optional(),
})

const tag = 'OpenAI'
const operations = {
  retrieve: { tag, summary: 'A response that is kept', query: retrieveQuery, answer: response },
  forget: {
    tag,
    summary: 'Keep a response no longer',
    answer: z.object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) }),
  },
  listInput: { tag, summary: 'What a response was asked', query: listQuery, answer: inputItems },
  cancel: { tag, summary: 'Refused: only responses in the background can be cancelled' },
} as const satisfies Record<string, Operation>

type ById = { readonly Params: { readonly id: string } }

/** The Responses API. What is kept of it is there for the caller that asked, and for nobody else. */
export const registerResponses = (app: FastifyInstance, ask: AskDeps, memory: ResponseMemory): void => {
  app.post(
    path,
    { config: { dialect: openaiResponses, operation: openaiResponses.operation } },
    askRoute(openaiResponses, ask, memory),
  )
  void app.register(async scope => {
    // Nothing here has a body, but some clients say that it is JSON and send none.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, async () => undefined)
    registerKept(scope, ask.keysAreChecked, memory)
  })
}

const registerKept = (app: FastifyInstance, keysAreChecked: boolean, memory: ResponseMemory): void => {
  const byId = (request: FastifyRequest<ById>): [caller: string, id: string] => [
    callerOf(request, keysAreChecked),
    request.params.id,
  ]

  app.get<ById>(`${path}/:id`, { config: { operation: operations.retrieve } }, async (request, reply) => {
    check(retrieveQuery, request.query)
    return reply.type('application/json; charset=utf-8').send(await memory.find(...byId(request)))
  })

  app.delete<ById>(`${path}/:id`, { config: { operation: operations.forget } }, async request => {
    await memory.forget(...byId(request))
    return { id: request.params.id, object: 'response', deleted: true }
  })

  app.get<ById>(`${path}/:id/input_items`, { config: { operation: operations.listInput } }, async request => {
    const query = check(listQuery, request.query)
    const { input } = await memory.findConversation(...byId(request))
    return page(listedItems(request.params.id, input), query)
  })

  app.post<ById>(`${path}/:id/cancel`, { config: { operation: operations.cancel } }, async request => {
    await memory.find(...byId(request))
    throw new DroverError('invalid_request', { field: '', problem: 'Cannot cancel a synchronous response.' })
  })
}

/** @param items the oldest first. Throws DroverError for an `after` that is none of them. */
const page = (items: ReturnType<typeof listedItems>, { limit, order, after }: z.output<typeof listQuery>): object => {
  const all = order === 'asc' ? items : items.toReversed()
  const before = after === undefined ? -1 : all.findIndex(({ id }) => id === after)
  if (after !== undefined && before === -1)
    throw new DroverError('invalid_request', { field: 'after', problem: 'must be the id of an item of this list' })
  const data = all.slice(before + 1, before + 1 + limit)
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: before + 1 + limit < all.length,
  }
}
