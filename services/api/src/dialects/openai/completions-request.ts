import type { GenerateRequest } from '@drover/shared/requests'
import { z } from 'zod'
import { check } from '../check.ts'
import type { ParsedRequest } from '../dialect.ts'
import { extensions, flag, integer, model, optionsOf, sampling, streaming, string, tokens } from './fields.ts'

/**
 * OpenAI's CreateCompletionRequest. Null means absent. What would change the answer and cannot be honoured is refused.
 *
 * Ignored: `user`, `stream_options` without `stream`, and fields OpenAI does not know.
 */

/** Every answer is a job of its own, so one request must not fill the queue. LangChain sends twenty prompts at once. */
const answersMax = 20
const logprobsMax = 5
const maxTokensDefault = 16

const promptText = z.string('must be a string: tokens are not supported').min(1, 'must not be empty')
const promptProblem = `must be a string that is not empty, or a list of 1 to ${answersMax} of them`

/** What the answer needs to know of the body. */
export interface CompletionsEcho {
  readonly includeUsage: boolean
  /** How many answers each prompt has. Those to one prompt are next to each other. */
  readonly perPrompt: number
  /** What the text of each prompt's answers begins with: the prompts, if they are to be repeated. */
  readonly prefixes: readonly string[] | undefined
}

export const completionsBody = z
  .object(
    {
      model,
      prompt: z.union(
        [promptText, z.array(promptText).min(1, promptProblem).max(answersMax, promptProblem)],
        promptProblem,
      ),
      suffix: string.nullish().meta({ description: 'What comes after the answer. Not every model can.' }),
      ...streaming,
      n: integer(1, answersMax, `must be an integer from 1 to ${answersMax}`).meta({
        description: `How many answers to each prompt. A request has at most ${answersMax}.`,
      }),
      best_of: integer(1, answersMax, `must be an integer from 1 to ${answersMax}`).meta({
        description: 'Either 1 or the value of `n`: every answer that is generated is sent.',
      }),
      max_tokens: tokens.meta({ description: `Absent: ${maxTokensDefault}.` }),
      ...sampling,
      echo: flag,
      logprobs: integer(0, logprobsMax, `must be an integer from 0 to ${logprobsMax}`).meta({
        description: 'Refused with `echo`, and where answers are scanned before they are shown.',
      }),
      ...extensions,
    },
    'must be a JSON object',
  )
  .superRefine(({ prompt, n, best_of: bestOf, echo, logprobs }, context) => {
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message })
    const prompts = typeof prompt === 'string' ? 1 : prompt.length
    const most = Math.floor(answersMax / prompts)
    if ((n ?? 1) > most)
      refuse('n', `must be at most ${most} for ${prompts} prompts: a request has at most ${answersMax} answers`)
    if (bestOf && bestOf !== 1 && bestOf !== (n ?? 1))
      refuse('best_of', 'must be 1, the value of n, or absent: every answer that is generated is sent')
    if (echo && logprobs !== undefined && logprobs !== null)
      refuse('logprobs', 'must be absent where echo is true: the tokens of a prompt are not weighed')
  })
  .meta({ id: 'CompletionRequest' })

export const parseCompletions = (raw: unknown): ParsedRequest<CompletionsEcho> => {
  const body = check(completionsBody, raw)
  const prompts = typeof body.prompt === 'string' ? [body.prompt] : body.prompt
  const perPrompt = body.n ?? 1
  const stream = body.stream ?? false
  const toRequest = (prompt: string): GenerateRequest => ({
    kind: 'generate',
    prompt,
    suffix: body.suffix || undefined,
    options: optionsOf(body, body.max_tokens ?? maxTokensDefault),
    keepAliveS: body.keep_alive ?? undefined,
    // There is no place for thoughts in the answer, and they would use up its tokens.
    think: false,
    topLogprobs: body.logprobs ?? undefined,
  })
  return {
    model: body.model,
    requests: prompts.map(toRequest).flatMap(request => Array.from({ length: perPrompt }, () => request)),
    stream,
    ...(body.echo === true ? { repeatsPrompt: true } : {}),
    echo: {
      includeUsage: stream && (body.stream_options?.include_usage ?? false),
      perPrompt,
      prefixes: body.echo ? prompts : undefined,
    },
  }
}
