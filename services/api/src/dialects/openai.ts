import type { Dialect } from './dialect.ts'
import { openaiBody, openaiError } from './openai-answer.ts'
import { parseOpenai } from './openai-request.ts'
import { openaiStream } from './openai-stream.ts'

/** `POST /v1/chat/completions`. */
export const openai: Dialect = {
  parse: parseOpenai,
  streamType: 'text/event-stream',
  stream: openaiStream,
  body: openaiBody,
  errorBody: openaiError,
}
