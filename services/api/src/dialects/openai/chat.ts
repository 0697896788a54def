import type { Dialect } from '../dialect.ts'
import { openaiBody } from './chat-answer.ts'
import { chatBody, parseChat, type ChatEcho } from './chat-request.ts'
import { chatCompletion, chatEvent } from './chat-schema.ts'
import { openaiStream } from './chat-stream.ts'
import { openaiError } from './error.ts'

/** `POST /v1/chat/completions`. */
export const openaiChat: Dialect<ChatEcho> = {
  operation: {
    tag: 'OpenAI',
    summary: 'Answer a conversation',
    description: 'Tools are the client’s to run. Streamed, the last event is `[DONE]`, unless it is an error.',
    body: chatBody,
    answer: chatCompletion,
    event: chatEvent,
    asks: true,
  },
  parse: parseChat,
  streamType: 'text/event-stream',
  stream: openaiStream,
  body: openaiBody,
  errorBody: openaiError,
}
