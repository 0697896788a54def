import type { Logprob, StreamEvent, ToolCall } from '@drover/shared/events'
import type { Answer, AnswerMeta, StreamRenderer } from '../dialect.ts'
import { exactly, oneLine, quote } from '../json.ts'
import { ollamaError } from './error.ts'

/**
 * Ollama's ChatResponse and GenerateResponse: one line per event, or one object. They differ in where they say it.
 * Every line of an answer carries the answer's own time.
 */
export interface Shape {
  /** JSON text before and after a text and whatever goes with it (`"Hi","thinking":"Hm"`). */
  readonly before: string
  readonly after: string
  /** Of an answer that is not streamed: its text and what goes with it. */
  readonly message: (content: string, more: object) => object
}

export const chatShape: Shape = {
  before: '"message":{"role":"assistant","content":',
  after: '}',
  message: (content, more) => ({ message: { role: 'assistant', content, ...more } }),
}

export const generateShape: Shape = {
  before: '"response":',
  after: '',
  message: (response, more) => ({ response, ...more }),
}

type End = Pick<Answer, 'reason' | 'usage' | 'timings'>

const createdAt = (meta: AnswerMeta): string => new Date(meta.createdAtMs).toISOString()

/** To Ollama a tool call is an ordinary stop. */
const done = ({ reason }: End) => ({ done: true, done_reason: reason === 'tool_calls' ? 'stop' : reason })

/** Of an answer; there is nothing to count where a model was only loaded. */
const metrics = ({ reason, usage, timings }: End) =>
  reason !== 'load' &&
  reason !== 'unload' && {
    total_duration: timings.totalNs,
    load_duration: timings.loadNs,
    prompt_eval_count: usage.promptTokens,
    prompt_eval_duration: timings.promptEvalNs,
    eval_count: usage.completionTokens,
    eval_duration: timings.evalNs,
  }

export const streamIn =
  ({ before, after }: Shape) =>
  (meta: AnswerMeta): StreamRenderer => {
    const head = `{"model":${quote(meta.model)},"created_at":"${createdAt(meta)}",${before}`
    const going = `${after},"done":false`
    const nothing = `${head}""${going}}\n`
    let toolCalls = 0

    const line = (event: StreamEvent): string => {
      switch (event.type) {
        case 'text':
          return `${head}${quote(event.text)}${going}${logprobsJson(event.logprobs)}}\n`
        case 'reasoning':
          return `${head}"","thinking":${quote(event.text)}${going}}\n`
        case 'tool_calls': {
          const calls = event.calls.map(call => toolCallJson(call, toolCalls++))
          return `${head}"","tool_calls":[${calls.join(',')}]${going}}\n`
        }
        case 'end':
          return `${head}""${after}${members(done(event))}${contextJson(event.contextJson)}${members(metrics(event))}}\n`
        case 'start':
        case 'released':
        case 'embeddings':
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

/** After others, of the same object. */
const members = (object: object | false): string => (object === false ? '' : `,${JSON.stringify(object).slice(1, -1)}`)

const logprobsJson = (logprobs: readonly Logprob[] | undefined): string =>
  logprobs === undefined ? '' : `,"logprobs":${oneLine(JSON.stringify(logprobs.map(logprobBody)))}`

const contextJson = (context: string | undefined): string =>
  context === undefined ? '' : `,"context":${oneLine(context)}`

export const bodyIn =
  ({ message }: Shape) =>
  (meta: AnswerMeta, answers: readonly Answer[]): object => {
    const [answer] = answers
    if (answer === undefined) throw new RangeError('no answer')
    const { text, reasoning, toolCalls, logprobs, contextJson: context } = answer
    const more = {
      ...(reasoning !== '' && { thinking: reasoning }),
      ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(toolCallBody) }),
    }
    return {
      model: meta.model,
      created_at: createdAt(meta),
      ...message(text, more),
      ...done(answer),
      ...(context !== undefined && { context: exactly(context) }),
      ...metrics(answer),
      ...(logprobs !== undefined && { logprobs: logprobs.map(logprobBody) }),
    }
  }

const toolCallBody = (call: ToolCall, index: number): object => ({
  ...(call.id !== '' && { id: call.id }),
  function: { index, name: call.name, arguments: exactly(call.arguments) },
})

/** Ollama leaves out a list that is empty. */
const logprobBody = ({ top, ...token }: Logprob): object => ({
  ...token,
  ...(top.length > 0 && { top_logprobs: top }),
})
