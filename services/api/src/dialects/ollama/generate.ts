import type { Dialect } from '../dialect.ts'
import { bodyIn, generateShape, streamIn } from './answer.ts'
import { generate } from './answer-schema.ts'
import { ollamaError } from './error.ts'
import { generateBody, parseGenerate } from './generate-request.ts'

/** `POST /api/generate`. */
export const ollamaGenerate: Dialect<undefined> = {
  operation: {
    tag: 'Ollama',
    summary: 'Answer a prompt, or load the model',
    description:
      'Without a prompt it is loaded, or with `keep_alive` 0 unloaded, where clients may. Streamed unless `stream` is false.',
    body: generateBody,
    answer: generate.answer,
    event: generate.line,
    asks: true,
  },
  parse: parseGenerate,
  streamType: 'application/x-ndjson',
  stream: streamIn(generateShape),
  body: bodyIn(generateShape),
  errorBody: ollamaError,
}
