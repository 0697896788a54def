/** The tests' side of the wire where SDKs hide it: headers, blocks and comments as they come. */

interface Delta {
  role?: string
  content?: string | null
  reasoning_content?: string
  tool_calls?: { index: number; id?: string; type?: string; function: { name?: string; arguments: string } }[]
}

export interface Chunk {
  id: string
  object: string
  created: number
  model: string
  choices: { index: number; delta: Delta; finish_reason: string | null }[]
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null
  error?: { message: string; type: string; param: string | null; code: string }
}

/** What came of a stream, in order; `data` holds what follows `data: `, `[DONE]` included. */
export interface EventStream {
  readonly comments: string[]
  readonly data: string[]
  readonly chunks: Chunk[]
}

export const ask = (content: string, more: object = {}): object => ({
  model: 'llama3.2',
  messages: [{ role: 'user', content }],
  ...more,
})

export interface PostInit {
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

/** @param body sent as it is when it is text or bytes, else as JSON. */
export const post = (
  url: string,
  body: object | string | Uint8Array<ArrayBuffer>,
  init: PostInit = {},
): Promise<Response> =>
  fetch(url, {
    ...init,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...init.headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  })

export const postChat = (url: string, body: object | string, init?: PostInit): Promise<Response> =>
  post(`${url}/v1/chat/completions`, body, init)

/** Texts between separators, as they come; what follows the last one, too. Throws on bytes that are not UTF-8. */
async function* pieces(response: Response, separator: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const bytes of response.body!) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split(separator)
    rest = parts.pop() ?? ''
    yield* parts
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

export const sseBlocks = (response: Response): AsyncGenerator<string> => pieces(response, '\n\n')
export const lines = (response: Response): AsyncGenerator<string> => pieces(response, '\n')

/** Sorts a block into `stream`. Throws on anything that is neither one comment nor one line of data. */
export const sortBlock = (block: string, stream: EventStream): void => {
  if (/[\r\n]/.test(block)) throw new Error(`a block of several lines: ${JSON.stringify(block)}`)
  if (block.startsWith(': ')) stream.comments.push(block)
  else if (!block.startsWith('data: ')) throw new Error(`neither data nor a comment: ${JSON.stringify(block)}`)
  else {
    const data = block.slice('data: '.length)
    stream.data.push(data)
    if (data !== '[DONE]') stream.chunks.push(JSON.parse(data) as Chunk)
  }
}

/** Reads a stream to its end. Throws when the connection breaks. */
export const readStream = async (response: Response): Promise<EventStream> => {
  const stream: EventStream = { comments: [], data: [], chunks: [] }
  for await (const block of sseBlocks(response)) sortBlock(block, stream)
  return stream
}

export const contentOf = (chunks: readonly Chunk[], choice = 0): string =>
  chunks
    .flatMap(chunk => chunk.choices)
    .filter(({ index }) => index === choice)
    .map(({ delta }) => delta.content ?? '')
    .join('')
