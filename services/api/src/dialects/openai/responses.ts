import type { Dialect } from '../dialect.ts'
import { openaiError } from './error.ts'
import { responsesAnswer } from './responses-answer.ts'
import type { ResponsesEcho } from './responses-echo.ts'
import { parseResponses, responsesBody } from './responses-request.ts'
import { response, responseEvent } from './responses-schema.ts'
import { ResponsesStream } from './responses-stream.ts'

/** `POST /v1/responses`. */
export const openaiResponses: Dialect<ResponsesEcho> = {
  operation: {
    tag: 'OpenAI',
    summary: 'Answer a conversation, and go on from earlier responses',
    body: responsesBody,
    answer: response,
    event: responseEvent,
    asks: true,
  },
  parse: parseResponses,
  streamType: 'text/event-stream',
  stream: meta => new ResponsesStream(meta),
  body: responsesAnswer,
  // The only response that a request names.
  errorBody: problem =>
    openaiError(problem.code === 'response_not_found' ? { ...problem, param: 'previous_response_id' } : problem),
}
