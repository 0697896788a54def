import type { Answer, AnswerMeta } from '../dialect.ts'
import { numbersOf } from '../vector.ts'

/** Ollama's EmbedResponse and its older EmbeddingResponse. Only text is ever streamed. */

const only = ([answer]: readonly Answer[]): Answer => {
  if (answer === undefined) throw new RangeError('no answer')
  return answer
}

export const embedAnswer = (meta: AnswerMeta, answers: readonly Answer[]): object => {
  const { vectors, timings, usage } = only(answers)
  return {
    model: meta.model,
    embeddings: vectors.map(numbersOf),
    total_duration: timings.totalNs,
    load_duration: timings.loadNs,
    prompt_eval_count: usage.promptTokens,
  }
}

export const embeddingsAnswer = (_meta: AnswerMeta, answers: readonly Answer[]): object => {
  const [vector] = only(answers).vectors
  return { embedding: vector === undefined ? [] : numbersOf(vector) }
}
