import type { Logprob } from '@drover/shared/events'

/** OpenAI's ChatCompletionTokenLogprob. `top_logprobs` is always there: strict clients refuse an entry without it. */

type Weighed = Pick<Logprob, 'token' | 'logprob' | 'bytes'>

const weighed = ({ token, logprob, bytes }: Weighed) => ({ token, logprob, bytes: bytes ?? [...Buffer.from(token)] })

export const tokenLogprob = ({ top, ...chosen }: Logprob): object => ({
  ...weighed(chosen),
  top_logprobs: top.map(weighed),
})

/** Of a choice, or of a piece of it. */
export const choiceLogprobs = (list: readonly Logprob[]): object => ({
  content: list.map(tokenLogprob),
  refusal: null,
})
