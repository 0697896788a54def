/** The two ways to ask for the same answer, and to read it: what the host speaks and what a gateway speaks. */

export const model = 'llama3.2'
const question = 'Count the sheep.'

/** The stand-in's answer is a pure function of seed and length. */
export interface Ask {
  readonly seed: number
  readonly tokens: number
  readonly stream: boolean
}

export interface Wire {
  readonly path: string
  body(ask: Ask): string
  /** What was said, from a whole body. Throws when the body is not a complete answer. */
  text(ask: Ask, body: string): string
}

/** True once the body so far carries a token: a role, a comment or an empty chunk is none. */
export const hasToken = (body: string): boolean => /"content":"[^"]/.test(body)

const messages = [{ role: 'user', content: question }]

interface OllamaChunk {
  readonly message?: { readonly content?: string }
  readonly done?: boolean
}

export const ollama: Wire = {
  path: '/api/chat',
  body: ({ seed, tokens, stream }) =>
    JSON.stringify({ model, messages, stream, options: { seed, num_predict: tokens } }),
  text: (_ask, body) => {
    const chunks = body
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as OllamaChunk)
    if (chunks.at(-1)?.done !== true) throw new Error('the answer ends without "done"')
    return chunks.map(chunk => chunk.message?.content ?? '').join('')
  },
}

interface Choice {
  readonly delta?: { readonly content?: string }
  readonly message?: { readonly content?: string }
}

const choiceText = (json: string): string => {
  const [choice] = (JSON.parse(json) as { choices?: Choice[] }).choices ?? []
  if (choice === undefined) throw new Error(`no choice in ${json.slice(0, 200)}`)
  return choice.delta?.content ?? choice.message?.content ?? ''
}

export const openai: Wire = {
  path: '/v1/chat/completions',
  body: ({ seed, tokens, stream }) => JSON.stringify({ model, messages, stream, seed, max_tokens: tokens }),
  text: ({ stream }, body) => {
    if (!stream) return choiceText(body)
    const frames = body.split('\n\n').filter(frame => frame.startsWith('data: '))
    if (frames.pop() !== 'data: [DONE]') throw new Error('the stream ends without "[DONE]"')
    return frames.map(frame => choiceText(frame.slice('data: '.length))).join('')
  },
}
