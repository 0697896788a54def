import type { Dialect } from '../dialect.ts'
import { anthropicError } from './error.ts'
import { messagesAnswer } from './messages-answer.ts'
import { messagesBody, parseMessages } from './messages-request.ts'
import { message, messageEvent } from './messages-schema.ts'
import { messagesStream } from './messages-stream.ts'

/** `POST /v1/messages`. */
export const anthropicMessages: Dialect<undefined> = {
  operation: {
    tag: 'Anthropic',
    summary: 'Answer a conversation',
    body: messagesBody,
    answer: message,
    event: messageEvent,
    asks: true,
  },
  parse: parseMessages,
  streamType: 'text/event-stream',
  stream: messagesStream,
  body: messagesAnswer,
  errorBody: anthropicError,
}
