import type { Dialect } from '../dialect.ts'
import { unstreamed } from '../unstreamed.ts'
import { embeddingsResponse, embedResponse } from './answer-schema.ts'
import { embedAnswer, embeddingsAnswer } from './embed-answer.ts'
import { embedBody, embeddingsBody, parseEmbed, parseEmbeddings } from './embed-request.ts'
import { ollamaError } from './error.ts'

/** `POST /api/embed`. */
export const ollamaEmbed: Dialect<undefined> = {
  ...unstreamed,
  operation: {
    tag: 'Ollama',
    summary: 'Make vectors of texts',
    body: embedBody,
    answer: embedResponse,
    asks: true,
  },
  parse: parseEmbed,
  body: embedAnswer,
  errorBody: ollamaError,
}

/** `POST /api/embeddings`, which `/api/embed` came after. */
export const ollamaEmbeddings: Dialect<undefined> = {
  ...unstreamed,
  operation: {
    tag: 'Ollama',
    summary: 'Make the vector of a text, as older clients do',
    body: embeddingsBody,
    answer: embeddingsResponse,
    asks: true,
  },
  parse: parseEmbeddings,
  body: embeddingsAnswer,
  errorBody: ollamaError,
}
