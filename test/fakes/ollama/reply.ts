import { logprobOf } from './logprobs.ts'
import type { Prompt } from './request.ts'
import { structuredText } from './structured.ts'
import { echoPieces, seedOf, thinkingTokens, token, wordCount } from './tokens.ts'
import type { DoneReason, Piece, ToolCall } from './wire.ts'

/**
 * What a request is answered with: a pure function of the request. The last user message decides:
 * - `echo: <text>` is answered with exactly that text, in small pieces;
 * - a line with `call <tool> {json}`, for a tool the request offers, is answered with that call;
 * - a request with a `format` is answered with `structuredText`, in small pieces;
 * - everything else with `answer(seed, count)`, where the seed is the option of that name or `seedOf` the message.
 */
export interface Reply {
  /** Lines before the last one; the last one is `final`. */
  readonly length: number
  piece(index: number): Piece
  readonly final: Piece
  readonly reason: DoneReason
  readonly promptTokens: number
}

const echoMarker = 'echo: '
const lengthMax = 1_000_000

/** @param defaultTokens the length of an answer whose request sets no `num_predict`. */
export const replyTo = (prompt: Prompt, defaultTokens: number): Reply => {
  const question = prompt.messages.findLast(message => message.role === 'user')?.content ?? ''
  const seed = prompt.options.seed ?? seedOf(question)
  const thoughts = prompt.think ? thinkingTokens(seed) : []
  const toolCalls = requestedCalls(question, prompt.toolNames)
  const content = toolCalls.length > 0 ? nothing : contentOf(prompt, question, seed, defaultTokens)
  const { topLogprobs } = prompt
  const weigh = (text: string): Pick<Piece, 'logprobs'> =>
    topLogprobs === undefined ? {} : { logprobs: [logprobOf(text, topLogprobs)] }
  return {
    length: thoughts.length + content.length,
    piece: index => {
      const thought = thoughts[index]
      if (thought !== undefined) return { content: '', thinking: thought, ...weigh(thought) }
      const text = content.piece(index - thoughts.length)
      return { content: text, ...weigh(text) }
    },
    final: { content: '', toolCalls },
    reason: content.reason,
    promptTokens: prompt.messages.reduce((sum, message) => sum + wordCount(message.content), 0),
  }
}

interface Content {
  readonly length: number
  readonly reason: DoneReason
  piece(index: number): string
}

const nothing: Content = { length: 0, reason: 'stop', piece: () => '' }

const fixed = (pieces: readonly string[], reason: DoneReason): Content => ({
  length: pieces.length,
  reason,
  piece: index => pieces[index] ?? '',
})

const contentOf = (prompt: Prompt, question: string, seed: number, defaultTokens: number): Content => {
  const { numPredict = -1, stop } = prompt.options
  const limit = numPredict > 0 ? Math.min(numPredict, lengthMax) : undefined
  const given = givenText(prompt, question, seed)
  const pieces = given === undefined ? undefined : echoPieces(seed, given)
  if (pieces === undefined && stop.length === 0) {
    // Generated as it goes: an answer of a million tokens takes no memory.
    return { length: limit ?? defaultTokens, reason: limit ? 'length' : 'stop', piece: index => token(seed, index) }
  }
  const whole = pieces ?? Array.from({ length: limit ?? defaultTokens }, (_, index) => token(seed, index))
  const cutByLength = pieces === undefined ? limit !== undefined : limit !== undefined && limit < pieces.length
  return cutAtStop(whole.slice(0, limit), stop, cutByLength ? 'length' : 'stop')
}

/** What is said whatever the tokens are. An echo comes first, so that a test can have an answer break its format. */
const givenText = ({ format }: Prompt, question: string, seed: number): string | undefined => {
  if (question.startsWith(echoMarker)) return question.slice(echoMarker.length)
  return format === undefined ? undefined : structuredText(format, seed)
}

/** Ends before the first stop sequence, which is not part of the answer. */
const cutAtStop = (pieces: string[], stop: readonly string[], otherwise: DoneReason): Content => {
  const text = pieces.join('')
  const found = stop.map(sequence => (sequence === '' ? -1 : text.indexOf(sequence))).filter(at => at >= 0)
  if (found.length === 0) return fixed(pieces, otherwise)
  let left = Math.min(...found)
  const kept: string[] = []
  for (const piece of pieces) {
    if (left <= 0) break
    kept.push(piece.slice(0, left))
    left -= piece.length
  }
  return fixed(kept, 'stop')
}

/** Every line `call <tool> {json}` that names a given tool; the JSON text reaches the answer as it is. */
const requestedCalls = (question: string, toolNames: readonly string[]): ToolCall[] =>
  question.split('\n').flatMap(line => {
    for (const name of toolNames) {
      const marker = `call ${name} {`
      const at = line.indexOf(marker)
      if (at < 0) continue
      const args = line.slice(at + marker.length - 1).trim()
      if (isJson(args)) return [{ id: `call_${seedOf(line).toString(16).padStart(8, '0')}`, name, arguments: args }]
    }
    return []
  })

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
