import { seedOf } from './tokens.ts'

interface Weighed {
  readonly token: string
  readonly logprob: number
  /** UTF-8. */
  readonly bytes: readonly number[]
}

export interface Logprob extends Weighed {
  readonly top_logprobs?: readonly Weighed[]
}

/**
 * How a token of an answer is weighed: a pure function of its text. The first alternative is the token itself, the others are the token and
 * their rank, each less likely than the one before.
 */
export const logprobOf = (token: string, alternatives: number): Logprob => {
  const logprob = -(1 + (seedOf(token) % 1_000)) / 1_000
  if (alternatives === 0) return weighed(token, logprob)
  const top = Array.from({ length: alternatives }, (_, rank) =>
    weighed(rank === 0 ? token : `${token}${rank}`, logprob - rank),
  )
  return { ...weighed(token, logprob), top_logprobs: top }
}

const weighed = (token: string, logprob: number): Weighed => ({ token, logprob, bytes: [...Buffer.from(token)] })
