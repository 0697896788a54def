import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { callerOf } from '../admission/caller.ts'
import type { Resolver } from '../admission/resolver.ts'
import { anthropicMessages } from '../dialects/anthropic/messages.ts'
import { countBody, parseCount } from '../dialects/anthropic/messages-request.ts'
import { estimateTokens } from '../tokens.ts'

const operation = {
  tag: 'Anthropic',
  summary: 'How many tokens a prompt has, about',
  description: 'No host is asked: it is an estimate, and the header `x-drover-estimated` says so.',
  body: countBody,
  answer: z.object({ input_tokens: z.int() }),
} as const

/**
 * Anthropic's count of a prompt, refused where the request itself would be. No host is asked, so it is an estimate, and a
 * header says so.
 */
export const registerCountTokens = (
  app: FastifyInstance,
  resolver: Pick<Resolver, 'resolve'>,
  keysAreChecked: boolean,
): void => {
  app.post(
    '/v1/messages/count_tokens',
    { config: { dialect: anthropicMessages, operation } },
    async (request, reply) => {
      const { model, request: chat } = parseCount(request.body)
      resolver.resolve({ model, requests: [chat] }, callerOf(request, keysAreChecked))
      reply.header('x-drover-estimated', 'input_tokens')
      return { input_tokens: await estimateTokens(chat) }
    },
  )
}
