import type { Problem } from '@drover/shared/errors/problem'
import type { StreamEvent, ToolCall } from '@drover/shared/events'
import type { Answer, AnswerMeta, StreamRenderer } from './dialect.ts'
import { exactly, oneLine, quote } from './json.ts'

/** Ollama's ChatResponse: one line per event, or one object. Every line of an answer carries the answer's own time. */

type End = Pick<Answer, 'reason' | 'usage' | 'timings'>

const createdAt = (meta: AnswerMeta): string => new Date(meta.createdAtMs).toISOString()

/** To Ollama a tool call is an ordinary stop. */
const done = ({ reason, usage, timings }: End) => ({
  done: true,
  done_reason: reason === 'tool_calls' ? 'stop' : reason,
  total_duration: timings.totalNs,
  load_duration: timings.loadNs,
  prompt_eval_count: usage.promptTokens,
  prompt_eval_duration: timings.promptEvalNs,
  eval_count: usage.completionTokens,
  eval_duration: timings.evalNs,
})

export const ollamaStream = (meta: AnswerMeta): StreamRenderer => {
  const head = `{"model":${quote(meta.model)},"created_at":"${createdAt(meta)}","message":{"role":"assistant","content":`
  const close = '},"done":false}\n'
  const nothing = `${head}""${close}`
  let toolCalls = 0

  const line = (event: StreamEvent): string => {
    switch (event.type) {
      case 'text':
        return head + quote(event.text) + close
      case 'reasoning':
        return `${head}"","thinking":${quote(event.text)}${close}`
      case 'tool_calls': {
        const calls = event.calls.map(call => toolCallJson(call, toolCalls++))
        return `${head}"","tool_calls":[${calls.join(',')}]${close}`
      }
      case 'end':
        return `${head}""},${JSON.stringify(done(event)).slice(1)}\n`
      case 'start':
      case 'released':
      case 'error':
      case 'cancelled':
        return ''
    }
  }

  return {
    events: (_choice, events) => {
      let lines = ''
      for (const event of events) lines += line(event)
      return lines
    },
    // NDJSON knows no comments, and clients fail on a blank line.
    heartbeat: () => nothing,
    close: () => '',
    error: problem => `${oneLine(JSON.stringify(ollamaError(problem)))}\n`,
  }
}

/** The host's own text of the arguments, so that their numbers keep every digit. */
const toolCallJson = (call: ToolCall, index: number): string => {
  const id = call.id === '' ? '' : `"id":${quote(call.id)},`
  return `{${id}"function":{"index":${index},"name":${quote(call.name)},"arguments":${oneLine(call.arguments)}}}`
}

export const ollamaBody = (meta: AnswerMeta, answers: readonly Answer[]): object => {
  const [answer] = answers
  if (answer === undefined) throw new RangeError('no answer')
  return {
    model: meta.model,
    created_at: createdAt(meta),
    message: {
      role: 'assistant',
      content: answer.text,
      ...(answer.reasoning !== '' && { thinking: answer.reasoning }),
      ...(answer.toolCalls.length > 0 && { tool_calls: answer.toolCalls.map(toolCallBody) }),
    },
    ...done(answer),
  }
}

const toolCallBody = (call: ToolCall, index: number): object => ({
  ...(call.id !== '' && { id: call.id }),
  function: { index, name: call.name, arguments: exactly(call.arguments) },
})

/** A string: the Go client reads nothing else. */
export const ollamaError = (problem: Problem): object => ({ error: problem.message })
