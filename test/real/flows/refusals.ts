import type { Flow, Target } from '../flow.ts'

/** What Ollama refuses, and what it does not although drover does. The words are drover's own: only the status has to be the same. */

interface Refused {
  readonly status: number
  readonly error: string
}

const said = (body: string): string => {
  try {
    const { error } = JSON.parse(body) as { error?: unknown }
    return typeof error === 'string' ? error : ''
  } catch {
    return body.slice(0, 100)
  }
}

const refused = async ({ url }: Target, path: string, body: string): Promise<Refused> => {
  const response = await fetch(`${url}${path}`, { method: 'POST', body })
  return { status: response.status, error: said(await response.text()) }
}

const alike = (direct: unknown, through: unknown): boolean => (direct as Refused).status === (through as Refused).status

const user = (content: string, more: object = {}): object => ({ messages: [{ role: 'user', content, ...more }] })
const hello = { ...user('hello'), stream: false, options: { num_predict: 2 } }
const long = 'word '.repeat(20_000)
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const tools = [
  { type: 'function', function: { name: 'f', description: '', parameters: { type: 'object', properties: {} } } },
]

type Body = (target: Target) => object | string | undefined
type Case = readonly [name: string, path: string, body: Body, differs?: string]

const with_ =
  (role: 'chat' | 'plain' | 'native' | 'embedder' | 'thinker', body: object): Body =>
  ({ models }) =>
    models[role] && { model: models[role], ...body }

const plain = (body: object): Body => with_('plain', body)
const chat = (body: object): Body => with_('chat', body)
const embedder = (body: object): Body => with_('embedder', body)

const always400 = 'drover has 400 for all that is wrong with a request'
const options400 = 'Ollama says 500; drover has 400 for all that is wrong with a request'

const cases: readonly Case[] = [
  ['chat, unknown model', '/api/chat', () => ({ model: 'nope', ...hello })],
  ['generate, unknown model', '/api/generate', () => ({ model: 'nope', prompt: 'x' })],
  ['embed, unknown model', '/api/embed', () => ({ model: 'nope', input: 'x' })],
  ['embeddings, unknown model', '/api/embeddings', () => ({ model: 'nope', prompt: 'x' })],
  ['show, unknown model', '/api/show', () => ({ model: 'nope' })],
  ['show, no model', '/api/show', () => ({})],
  ['chat, no model', '/api/chat', () => hello],
  ['generate, no model', '/api/generate', () => ({ prompt: 'x' }), always400],
  ['chat, impossible model name', '/api/chat', () => ({ model: 'a b!', ...hello }), 'drover knows no such model: 404'],
  ['chat, cloud model', '/api/chat', () => ({ model: 'nope:cloud', ...hello })],
  ['chat, cut body', '/api/chat', () => '{"model":'],
  ['chat, empty body', '/api/chat', () => ''],
  ['chat, messages that are text', '/api/chat', chat({ messages: 'x' })],
  ['chat, stream that is text', '/api/chat', chat({ ...hello, stream: 'yes' })],
  ['chat, think that is no level', '/api/chat', chat({ ...hello, think: 'very' })],
  ['chat, 21 log probabilities', '/api/chat', chat({ ...hello, logprobs: true, top_logprobs: 21 })],
  [
    'chat, keep_alive without a unit',
    '/api/chat',
    chat({ ...hello, keep_alive: '5' }),
    'drover takes it for seconds, as a number',
  ],
  ['chat, images that are not base64', '/api/chat', chat({ ...user('x', { images: ['?'] }), stream: false })],
  ['chat, option of a wrong type', '/api/chat', chat({ ...hello, options: { temperature: 'hot' } }), options400],
  ['chat, format that is none', '/api/chat', chat({ ...hello, format: 'xml' }), options400],
  ['chat, schema that is none', '/api/chat', chat({ ...hello, format: { type: 'nonsense' } })],
  ['chat, native, schema that is none', '/api/chat', with_('native', { ...hello, format: { type: 'nonsense' } })],
  ['chat with an embedding model', '/api/chat', embedder(hello)],
  ['generate with an embedding model', '/api/generate', embedder({ prompt: 'x' })],
  [
    'embed with a chat model',
    '/api/embed',
    plain({ input: 'x' }),
    'Ollama says 501; drover knows before any host is asked',
  ],
  ['embeddings with a chat model', '/api/embeddings', plain({ prompt: 'x' }), options400],
  ['tools for a model without', '/api/chat', plain({ ...hello, tools })],
  ['images for a model without', '/api/chat', plain({ ...user('x', { images: [pixel] }), stream: false })],
  [
    'native, images for a model without',
    '/api/chat',
    with_('native', { ...user('x', { images: [pixel] }), stream: false }),
    options400,
  ],
  ['suffix for a model without', '/api/generate', plain({ prompt: 'x', suffix: 'y', stream: false })],
  [
    'think for a model without',
    '/api/chat',
    plain({ ...hello, think: true }),
    'drover drops the wish and says so in x-drover-adjusted',
  ],
  ['prompt too long, default', '/api/chat', chat({ ...hello, ...user(long) })],
  ['prompt too long, truncate: false', '/api/chat', chat({ ...hello, ...user(long), truncate: false })],
  ['prompt too long, shift: false', '/api/chat', chat({ ...hello, ...user(long), shift: false })],
  ['native, prompt too long', '/api/chat', with_('native', { ...hello, ...user(long) })],
  ['embed, too long, default', '/api/embed', embedder({ input: long })],
  ['embed, too long, truncate: false', '/api/embed', embedder({ input: long, truncate: false })],
  ['embeddings, too long', '/api/embeddings', embedder({ prompt: long }), 'drover asks /api/embed, which cuts'],
  [
    'generate, template that does not parse',
    '/api/generate',
    chat({ prompt: 'x', template: '{{ .Prompt', stream: false }),
    options400,
  ],
  [
    'generate, context of no model',
    '/api/generate',
    chat({ prompt: 'x', context: [99_999_999], stream: false }),
    options400,
  ],
  [
    'generate, raw',
    '/api/generate',
    chat({ prompt: 'x', raw: true, stream: false }),
    'drover guards prompts, and refuses raw ones',
  ],
]

export const refusalFlows: readonly Flow[] = cases.map(([name, path, body, differs]) => ({
  name,
  ...(differs === undefined ? {} : { differs }),
  alike,
  run: async target => {
    const asked = body(target)
    if (asked === undefined) return undefined
    return await refused(target, path, typeof asked === 'string' ? asked : JSON.stringify(asked))
  },
}))
