import type { Dialect } from './dialect.ts'
import { ollamaBody, ollamaError, ollamaStream } from './ollama-answer.ts'
import { parseOllama } from './ollama-request.ts'

/** `POST /api/chat`. */
export const ollama: Dialect = {
  parse: parseOllama,
  streamType: 'application/x-ndjson',
  stream: ollamaStream,
  body: ollamaBody,
  errorBody: ollamaError,
}
