import type { Dialect } from '../dialect.ts'
import { bodyIn, chatShape, streamIn } from './answer.ts'
import { chat } from './answer-schema.ts'
import { chatBody, parseChat } from './chat-request.ts'
import { ollamaError } from './error.ts'

/** `POST /api/chat`. */
export const ollamaChat: Dialect<undefined> = {
  operation: {
    tag: 'Ollama',
    summary: 'Answer a conversation, or load the model',
    description:
      'Without messages it is loaded, or with `keep_alive` 0 unloaded, where clients may. Streamed unless `stream` is false.',
    body: chatBody,
    answer: chat.answer,
    event: chat.line,
    asks: true,
  },
  parse: parseChat,
  streamType: 'application/x-ndjson',
  stream: streamIn(chatShape),
  body: bodyIn(chatShape),
  errorBody: ollamaError,
}
