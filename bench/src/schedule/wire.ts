/** The two ways to ask for a stream and to read it, line by line. */

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface Question {
  readonly model: string
  readonly messages: readonly Message[]
  readonly tokens: number
  readonly seed: number
}

/** What one line of a body says, as far as it matters here. */
export interface Said {
  readonly text?: string
  readonly done?: boolean
  readonly error?: string
}

export interface Wire {
  readonly path: string
  body(question: Question): string
  line(line: string): Said
  /** Of a body that is no stream: the code of a refusal. */
  refusal(body: string): string
}

interface OllamaLine {
  readonly message?: { readonly content?: string }
  readonly done?: boolean
  readonly error?: string
}

export const ollama: Wire = {
  path: '/api/chat',
  body: ({ model, messages, tokens, seed }) =>
    JSON.stringify({ model, messages, stream: true, options: { seed, num_predict: tokens } }),
  line: line => {
    if (line === '') return {}
    const { message, done, error } = JSON.parse(line) as OllamaLine
    return { text: message?.content ?? '', done: done === true, ...(error !== undefined && { error }) }
  },
  refusal: body => body.slice(0, 100),
}

interface OpenaiFrame {
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[]
  readonly error?: { readonly code?: string }
}

const prefix = 'data: '

export const openai: Wire = {
  path: '/v1/chat/completions',
  body: ({ model, messages, tokens, seed }) =>
    JSON.stringify({ model, messages, stream: true, max_tokens: tokens, seed }),
  line: line => {
    // Comments (": queued position=3") and the empty line between two frames.
    if (!line.startsWith(prefix)) return {}
    if (line === `${prefix}[DONE]`) return { done: true }
    const { choices, error } = JSON.parse(line.slice(prefix.length)) as OpenaiFrame
    if (error !== undefined) return { error: error.code ?? 'no code' }
    return { text: choices?.[0]?.delta?.content ?? '' }
  },
  refusal: body => {
    try {
      return (JSON.parse(body) as OpenaiFrame).error?.code ?? 'no code'
    } catch {
      return body.slice(0, 100)
    }
  },
}
