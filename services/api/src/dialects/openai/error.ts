import type { Problem } from '@drover/shared/errors/problem'
import { z } from 'zod'

const nullable = z.string().nullable()

export const openaiErrorBody = z
  .object({ error: z.object({ message: z.string(), type: z.string(), param: nullable, code: nullable }) })
  .meta({ id: 'OpenAIError' })

/** OpenAI's envelope. All four keys are required. */
export const openaiError = (problem: Problem): object => ({
  error: { message: problem.message, type: problem.type, param: problem.param, code: problem.code },
})
