import { z } from 'zod'

/** How much a model thinks before it answers: as Ollama says it, and as OpenAI does. */

const levels = ['low', 'medium', 'high', 'max'] as const

/** Ollama's `think`. */
export const think = z.union([z.boolean(), z.enum(levels)], `must be true, false or one of ${levels.join(', ')}`)

const thinkOf = {
  none: false,
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'max',
  max: 'max',
} as const
type Effort = keyof typeof thinkOf
const efforts = Object.keys(thinkOf) as [Effort, ...Effort[]]

/** OpenAI's effort of reasoning. */
export const effort = z.enum(efforts, `must be one of ${efforts.join(', ')}`)

/** Undefined: as the model does by itself. */
export const thinkOfEffort = (given: Effort | null | undefined): z.output<typeof think> | undefined =>
  given ? thinkOf[given] : undefined
