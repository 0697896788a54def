import { logprobOf } from '../ollama/logprobs.ts'
import { echoPieces, seedOf, thinkingTokens, token, wordCount } from '../ollama/tokens.ts'

/** What the stand-in says: a pure function of the request, by the rules of the one for Ollama (`../ollama/reply.ts`). */

interface ChatMessage {
  readonly role: string
  readonly content?: string | null | readonly { readonly type: string; readonly text?: string }[]
}

/** The fields it looks at; nothing is checked. */
export interface Asked {
  readonly model?: string
  readonly messages?: readonly ChatMessage[]
  readonly prompt?: string
  readonly seed?: number
  readonly max_tokens?: number
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
  readonly tool_choice?: string
  readonly reasoning_effort?: string
  /** Of a chat a flag, of a completion how many alternatives. */
  readonly logprobs?: boolean | number
  readonly top_logprobs?: number
  readonly stream_options?: { readonly include_usage?: boolean }
}

/** One `choices[0]`, but for its index. */
type Piece = Record<string, unknown>

export interface Answer {
  /** Pieces before the last one. */
  readonly length: number
  piece(index: number): Piece
  readonly finish: 'stop' | 'length' | 'tool_calls'
  readonly promptTokens: number
}

const echoMarker = 'echo: '

export const chatAnswer = (asked: Asked, defaultTokens: number): Answer => {
  const messages = asked.messages ?? []
  const question = textOf(messages.findLast(({ role }) => role === 'user'))
  const seed = asked.seed ?? seedOf(question)
  const thinks = asked.reasoning_effort !== undefined && asked.reasoning_effort !== 'none'
  const thoughts = thinks ? thinkingTokens(seed).map(text => ({ delta: { reasoning_content: text } })) : []
  const calls = callDeltas(question, asked).map(call => ({ delta: { tool_calls: [call] } }))
  const content = words(question, seed, asked.max_tokens, calls.length > 0 ? 0 : defaultTokens)
  const before: Piece[] = [{ delta: { role: 'assistant', content: '' } }, ...thoughts, ...calls]
  const weights = (text: string): unknown =>
    asked.logprobs === true
      ? { content: [{ top_logprobs: [], ...logprobOf(text, asked.top_logprobs ?? 0) }] }
      : undefined
  return {
    length: before.length + (calls.length > 0 ? 0 : content.length),
    piece: index => {
      const text = content.token(index - before.length)
      return before[index] ?? { delta: { content: text }, logprobs: weights(text) }
    },
    finish: calls.length > 0 ? 'tool_calls' : content.finish,
    promptTokens: messages.reduce((sum, message) => sum + wordCount(textOf(message)), 0),
  }
}

export const completionAnswer = (asked: Asked, defaultTokens: number): Answer => {
  const { prompt = '' } = asked
  const content = words(prompt, asked.seed ?? seedOf(prompt), asked.max_tokens, defaultTokens)
  const weights = (text: string): unknown => {
    if (typeof asked.logprobs !== 'number') return undefined
    const { logprob, top_logprobs: top = [] } = logprobOf(text, asked.logprobs)
    const alternatives = Object.fromEntries(top.map(each => [each.token, each.logprob]))
    return { text_offset: [0], tokens: [text], token_logprobs: [logprob], top_logprobs: [alternatives] }
  }
  return {
    length: content.length,
    piece: index => ({ text: content.token(index), logprobs: weights(content.token(index)) }),
    finish: content.finish,
    promptTokens: wordCount(prompt),
  }
}

const textOf = ({ content }: Pick<ChatMessage, 'content'> = {}): string =>
  typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join('\n')

/** Generated as it goes: an answer of a million tokens takes no memory. */
const words = (question: string, seed: number, limit: number | undefined, defaultTokens: number) => {
  const echo = question.startsWith(echoMarker) ? echoPieces(seed, question.slice(echoMarker.length)) : undefined
  const whole = echo?.length ?? limit ?? defaultTokens
  const length = Math.min(whole, limit ?? whole)
  return {
    length,
    token: (index: number): string => (echo === undefined ? token(seed, index) : (echo[index] ?? '')),
    finish: limit !== undefined && length === limit ? ('length' as const) : ('stop' as const),
  }
}

/** Each line `call <tool> {json}`, for a tool on offer: its name first, then its arguments by and by. */
const callDeltas = (question: string, { tools = [], tool_choice: choice }: Asked): object[] => {
  const names = choice === 'none' ? [] : tools.map(tool => tool.function.name)
  const calls = question.split('\n').flatMap(line => {
    const [, name = '', args = ''] = /^call (\S+) (\{.*)$/.exec(line) ?? []
    return names.includes(name) ? [{ name, args }] : []
  })
  return calls.flatMap(({ name, args }, index) => [
    { index, id: `chatcmpl-tool-${index}${seedOf(args)}`, type: 'function', function: { name, arguments: '' } },
    ...echoPieces(seedOf(args), args).map(piece => ({ index, function: { arguments: piece } })),
  ])
}
