import { request } from 'undici'

/** A chat as tests send it: bytes are kept as they come, so that they can be compared. */
export interface ChatOptions {
  readonly body?: Record<string, unknown>
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
  /** Called with each piece of network data. */
  onData?(piece: string): void
}

export interface ChatResult {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly raw: string
  /** Text of all deltas, or of the one body. */
  readonly text: string
  /** How it ended: the finish reason, the code of an error event, or `cut` when neither came. */
  readonly end: string
  /** Of a stream: `[DONE]` was the last thing. */
  readonly done: boolean
  /** The connection broke before HTTP said that the answer was complete. */
  readonly broken: boolean
}

const defaults = { model: 'llama3.2', messages: [{ role: 'user', content: 'hi' }] }

/** Resolves also when the connection breaks: `end` is then `cut`. Rejects only when nothing was answered at all. */
export const chat = async (url: string, options: ChatOptions = {}): Promise<ChatResult> => {
  const response = await request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...options.headers },
    body: JSON.stringify({ ...defaults, ...options.body }),
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const decoder = new TextDecoder()
  let raw = ''
  let broken = false
  try {
    for await (const chunk of response.body) {
      const piece = decoder.decode(chunk as Buffer, { stream: true })
      raw += piece
      options.onData?.(piece)
    }
  } catch {
    // A connection that breaks is a result like any other: what came until then is kept.
    broken = true
  }
  const isStream = String(response.headers['content-type']).startsWith('text/event-stream')
  const read = isStream ? readStream(raw) : readBody(raw)
  return { status: response.statusCode, headers: response.headers, raw, broken, ...read }
}

export const streamChat = (url: string, options: ChatOptions = {}): Promise<ChatResult> =>
  chat(url, { ...options, body: { ...options.body, stream: true } })

interface Chunk {
  choices?: { delta?: { content?: string }; message?: { content?: string }; finish_reason?: string | null }[]
  error?: { code: string }
}

const readStream = (raw: string): Pick<ChatResult, 'text' | 'end' | 'done'> => {
  const data = raw
    .split('\n\n')
    .filter(frame => frame.startsWith('data: '))
    .map(frame => frame.slice('data: '.length))
  const chunks = data.filter(item => item !== '[DONE]').flatMap(item => parseChunk(item))
  const text = chunks.map(chunk => chunk.choices?.[0]?.delta?.content ?? '').join('')
  const error = chunks.find(chunk => chunk.error !== undefined)?.error?.code
  const reason = chunks.map(chunk => chunk.choices?.[0]?.finish_reason).find(Boolean)
  return { text, end: error ?? reason ?? 'cut', done: data.at(-1) === '[DONE]' }
}

/** A connection that was cut may end within a frame. */
const parseChunk = (json: string): Chunk[] => {
  try {
    return [JSON.parse(json) as Chunk]
  } catch {
    return []
  }
}

const readBody = (raw: string): Pick<ChatResult, 'text' | 'end' | 'done'> => {
  const [body = {}] = parseChunk(raw)
  const choice = body.choices?.[0]
  return { text: choice?.message?.content ?? '', end: body.error?.code ?? choice?.finish_reason ?? 'cut', done: false }
}
