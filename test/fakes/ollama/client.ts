import { request } from 'node:http'

/** The tests' side of the wire. */

export interface Line {
  model: string
  created_at: string
  message: { content: string; thinking?: string; tool_calls?: unknown[] }
  response?: string
  done: boolean
  done_reason?: string
}

export const post = (url: string, body: object | string, signal?: AbortSignal): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  })

export const user = (content: string): object[] => [{ role: 'user', content }]

export const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line)

export const contentOf = (lines: Line[]): string => lines.map(line => line.message.content).join('')

/** What a client sees of one request, down to the chunks as they arrive. */
export interface Seen {
  status: number | undefined
  type: string | undefined
  chunks: Buffer[]
  text: string
  /** How it ended: a clean end of the body, or the code of the error. */
  end: string
}

const six = { model: 'llama3.2', messages: user('x'), options: { seed: 4, num_predict: 6 } }

/** Asks for `answer(4, 6)` and watches. */
export const watch = (url: string, more: object = {}, signal?: AbortSignal): Promise<Seen> => {
  const { promise, resolve } = Promise.withResolvers<Seen>()
  const seen: Seen = { status: undefined, type: undefined, chunks: [], text: '', end: '' }
  const finish = (end: string): void => resolve({ ...seen, text: Buffer.concat(seen.chunks).toString(), end })
  const outgoing = request(`${url}/api/chat`, { method: 'POST', agent: false, signal }, response => {
    seen.status = response.statusCode
    seen.type = response.headers['content-type']
    response.on('data', (chunk: Buffer) => seen.chunks.push(chunk))
    response.on('end', () => finish('end'))
    response.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
  })
  outgoing.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
  outgoing.end(JSON.stringify({ ...six, ...more }))
  return promise
}

/** The contents of the whole lines among what came. */
export const contents = (text: string): string[] =>
  text
    .split('\n')
    .filter(line => line.startsWith('{') && line.endsWith('}'))
    .map(line => (JSON.parse(line) as { message?: { content: string } }).message?.content ?? '')
