import type { FinishReason, Logprob } from '@drover/shared/events'
import type { Answer, AnswerMeta } from '../dialect.ts'
import { createdS } from './chat-answer.ts'
import type { CompletionsEcho } from './completions-request.ts'
import { totalUsage } from './usage.ts'

/** OpenAI's Completion, and what its chunks share with it. */

export const completionId = (meta: AnswerMeta): string => `cmpl-${meta.id}`

/** Strict clients refuse any other value. */
export const finishReason = (reason: FinishReason): string =>
  reason === 'length' || reason === 'content_filter' ? reason : 'stop'

/** What the text of an answer begins with. */
export const prefixOf = ({ prefixes, perPrompt }: CompletionsEcho, index: number): string =>
  prefixes?.[Math.floor(index / perPrompt)] ?? ''

/** @param offset of the first token within the text, in characters (code points). */
export const legacyLogprobs = (list: readonly Logprob[], offset: number): object => {
  const offsets: number[] = []
  let at = offset
  for (const { token } of list) {
    offsets.push(at)
    at += lengthOf(token)
  }
  return {
    tokens: list.map(({ token }) => token),
    token_logprobs: list.map(({ logprob }) => logprob),
    // The token itself is always among them, so there may be one more than were asked for.
    top_logprobs: list.map(({ token, logprob, top }) =>
      Object.fromEntries([...top, { token, logprob }].map(each => [each.token, each.logprob])),
    ),
    text_offset: offsets,
  }
}

/** In code points, as Python counts. */
export const lengthOf = (text: string): number => Array.from(text).length

export const completionsBodyOf = (meta: AnswerMeta<CompletionsEcho>, answers: readonly Answer[]): object => ({
  id: completionId(meta),
  object: 'text_completion',
  created: createdS(meta),
  model: meta.model,
  choices: answers.map(({ text, logprobs, reason }, index) => ({
    text: prefixOf(meta.echo, index) + text,
    index,
    logprobs: logprobs === undefined ? null : legacyLogprobs(logprobs, 0),
    finish_reason: finishReason(reason),
  })),
  usage: totalUsage(
    answers.map(answer => answer.usage),
    meta.echo.perPrompt,
  ),
})
