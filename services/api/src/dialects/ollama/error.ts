import type { Problem } from '@drover/shared/errors/problem'
import { z } from 'zod'

export const ollamaErrorBody = z.object({ error: z.string() }).meta({ id: 'OllamaError' })

/** A string: Ollama's Go client reads nothing else. */
export const ollamaError = (problem: Problem): object => ({ error: problem.message })
