import type { Dialect } from '../dialect.ts'
import { completionsBodyOf } from './completions-answer.ts'
import { completionsBody, parseCompletions, type CompletionsEcho } from './completions-request.ts'
import { completionEvent, textCompletion } from './completions-schema.ts'
import { completionsStream } from './completions-stream.ts'
import { openaiError } from './error.ts'

/** `POST /v1/completions`. */
export const openaiCompletions: Dialect<CompletionsEcho> = {
  operation: {
    tag: 'OpenAI',
    summary: 'Continue texts',
    description: 'Streamed, the last event is `[DONE]`, unless it is an error.',
    body: completionsBody,
    answer: textCompletion,
    event: completionEvent,
    asks: true,
  },
  parse: parseCompletions,
  streamType: 'text/event-stream',
  stream: completionsStream,
  body: completionsBodyOf,
  errorBody: openaiError,
}
