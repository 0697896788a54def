import type { Problem } from '@drover/shared/errors/problem'
import { z } from 'zod'

export const llmGuardErrorBody = z.object({ message: z.string(), details: z.null() }).meta({ id: 'LlmGuardError' })

export const llmGuardError = ({ message }: Problem): z.infer<typeof llmGuardErrorBody> => ({ message, details: null })
