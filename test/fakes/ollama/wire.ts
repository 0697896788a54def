import type { Logprob } from './logprobs.ts'

/** Ollama's bytes: the field order, omitted zeros and escapes of Go's encoding/json. */

export interface Piece {
  readonly content: string
  readonly thinking?: string | undefined
  readonly toolCalls?: readonly ToolCall[] | undefined
  readonly logprobs?: readonly Logprob[] | undefined
}

export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON text of an object, written as it is. */
  readonly arguments: string
}

/** Counts and durations of a finished answer; a zero is left out. */
interface Metrics {
  readonly totalNs: number
  readonly loadNs: number
  readonly promptEvalCount: number
  /** Told also when it is 0; undefined: the version knows no such count. */
  readonly promptEvalCachedCount?: number | undefined
  readonly promptEvalNs: number
  readonly evalCount: number
  readonly evalNs: number
}

export type DoneReason = 'stop' | 'length' | 'load' | 'unload'

/** One endpoint's way of writing an answer. Every function gives JSON text without a line end. */
export interface Frames {
  chunk(piece: Piece): string
  /** The last line of a stream, and the whole body of an answer that is not streamed. */
  final(piece: Piece, reason: DoneReason, metrics?: Metrics): string
}

const escapeCode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Go writes these as escapes unless told otherwise, and Ollama does not tell it. */
export const goJson = (value: string | object): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escapeCode)

// The wall clock is read through the monotonic one, because only that has nanoseconds.
const originMs = Math.floor(performance.timeOrigin)
const originFractionMs = performance.timeOrigin - originMs
let cachedSecond = -1
let cachedPrefix = ''

/** Now, as Go's RFC3339Nano in UTC: up to nine fraction digits, trailing zeros cut. */
const timestamp = (): string => {
  const sinceOriginMs = performance.now() + originFractionMs
  const wholeMs = Math.floor(sinceOriginMs)
  const second = Math.floor((originMs + wholeMs) / 1_000)
  if (second !== cachedSecond) {
    cachedSecond = second
    cachedPrefix = new Date(second * 1_000).toISOString().slice(0, 19)
  }
  const nanos = ((originMs + wholeMs) % 1_000) * 1_000_000 + Math.floor((sinceOriginMs - wholeMs) * 1_000_000)
  const fraction = String(nanos).padStart(9, '0').replace(/0+$/, '')
  return fraction === '' ? `${cachedPrefix}Z` : `${cachedPrefix}.${fraction}Z`
}

const omitZero = (name: string, value: number): string => (value === 0 ? '' : `,"${name}":${value}`)

const metricsText = (metrics: Metrics): string =>
  omitZero('total_duration', metrics.totalNs) +
  omitZero('load_duration', metrics.loadNs) +
  omitZero('prompt_eval_count', metrics.promptEvalCount) +
  (metrics.promptEvalCachedCount === undefined ? '' : `,"prompt_eval_cached_count":${metrics.promptEvalCachedCount}`) +
  omitZero('prompt_eval_duration', metrics.promptEvalNs) +
  omitZero('eval_count', metrics.evalCount) +
  omitZero('eval_duration', metrics.evalNs)

const thinkingText = (piece: Piece): string =>
  piece.thinking === undefined || piece.thinking === '' ? '' : `,"thinking":${goJson(piece.thinking)}`

const toolCallText = (call: ToolCall, index: number): string =>
  `{"id":${goJson(call.id)},"function":{"index":${index},"name":${goJson(call.name)},"arguments":${call.arguments}}}`

const toolCallsText = (piece: Piece): string =>
  piece.toolCalls === undefined || piece.toolCalls.length === 0
    ? ''
    : `,"tool_calls":[${piece.toolCalls.map(toolCallText).join(',')}]`

const logprobsText = ({ logprobs = [] }: Piece): string =>
  logprobs.length === 0 ? '' : `,"logprobs":${goJson(logprobs)}`

/** @param model as the client wrote it: Ollama echoes it. */
export const chatFrames = (model: string): Frames => {
  const head = `{"model":${goJson(model)},"created_at":"`
  const message = (piece: Piece): string =>
    `","message":{"role":"assistant","content":${goJson(piece.content)}${thinkingText(piece)}${toolCallsText(piece)}}`
  return {
    chunk: piece => `${head}${timestamp()}${message(piece)},"done":false${logprobsText(piece)}}`,
    final: (piece, reason, metrics) =>
      `${head}${timestamp()}${message(piece)},"done":true,"done_reason":"${reason}"${logprobsText(piece)}${metrics ? metricsText(metrics) : ''}}`,
  }
}

/** @param context what the answer's own begins with; undefined in raw mode, where there is none. */
export const generateFrames = (model: string, context: readonly number[] | undefined): Frames => {
  const head = `{"model":${goJson(model)},"created_at":"`
  const response = (piece: Piece): string => `","response":${goJson(piece.content)}${thinkingText(piece)}`
  // Any list of ints does: clients send `context` back unread.
  const contextText = context === undefined ? '' : `,"context":[${[...context, 1, 2, 3].join(',')}]`
  return {
    chunk: piece => `${head}${timestamp()}${response(piece)},"done":false${logprobsText(piece)}}`,
    final: (piece, reason, metrics) => {
      const spent = metrics ? contextText + metricsText(metrics) : ''
      return `${head}${timestamp()}${response(piece)},"done":true,"done_reason":"${reason}"${spent}${logprobsText(piece)}}`
    },
  }
}
