/** Requests that are right, one of each kind: what the fuzz starts from. */

export interface Seed {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

const model = 'llama3.2'
const embedder = 'nomic-embed-text'
const image = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] }
const says = (content: unknown): object => ({ role: 'user', content })

const chat = {
  model,
  messages: [
    { role: 'system', content: 'Be short.' },
    says([
      { type: 'text', text: 'hi' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
    ]),
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: '5' },
  ],
  tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: schema } }],
  tool_choice: 'auto',
  max_tokens: 3,
  temperature: 0.5,
  top_p: 0.9,
  n: 2,
  seed: 7,
  stop: ['X'],
  stream: true,
  stream_options: { include_usage: true },
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
  logprobs: true,
  top_logprobs: 2,
  reasoning_effort: 'low',
  metadata: { a: 'b' },
  keep_alive: '5m',
}

const ollamaOptions = { num_predict: 3, temperature: 0.5, seed: 7, stop: ['X'], num_ctx: 4096, top_k: 3 }

export const seeds: readonly Seed[] = [
  { method: 'POST', path: '/v1/chat/completions', body: chat },
  { method: 'POST', path: '/v1/chat/completions', body: { model, messages: [says('hi')], max_tokens: 2 } },
  {
    method: 'POST',
    path: '/v1/completions',
    body: {
      model,
      prompt: ['a', 'b'],
      max_tokens: 2,
      n: 1,
      echo: true,
      logprobs: 1,
      stop: 'X',
      suffix: 's',
      stream: false,
    },
  },
  {
    method: 'POST',
    path: '/v1/embeddings',
    body: { model: embedder, input: ['a', 'b'], encoding_format: 'base64', dimensions: 8 },
  },
  {
    method: 'POST',
    path: '/v1/responses',
    body: {
      model,
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      instructions: 'Be short.',
      max_output_tokens: 16,
      tools: [{ type: 'function', name: 'f', parameters: schema }],
      text: { format: { type: 'json_object' } },
      reasoning: { effort: 'low' },
      stream: true,
      store: true,
      metadata: { a: 'b' },
    },
  },
  {
    method: 'POST',
    path: '/v1/messages',
    body: {
      model,
      max_tokens: 3,
      system: [{ type: 'text', text: 'Be short.' }],
      messages: [
        says([
          { type: 'text', text: 'hi' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } },
        ]),
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: { a: 1 } }] },
        says([{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: '5' }] }]),
      ],
      tools: [{ name: 'f', description: 'd', input_schema: schema }],
      tool_choice: { type: 'auto' },
      thinking: { type: 'enabled', budget_tokens: 1024 },
      stop_sequences: ['X'],
      stream: true,
    },
  },
  { method: 'POST', path: '/v1/messages/count_tokens', body: { model, messages: [says('hi')] } },
  {
    method: 'POST',
    path: '/api/chat',
    body: {
      model,
      messages: [says('hi')],
      options: ollamaOptions,
      stream: true,
      format: schema,
      think: true,
      keep_alive: '5m',
    },
  },
  { method: 'POST', path: '/api/chat', body: { model, messages: [] } },
  {
    method: 'POST',
    path: '/api/generate',
    body: {
      model,
      prompt: 'hi',
      suffix: 's',
      system: 'y',
      context: [1, 2],
      images: [image],
      options: ollamaOptions,
      stream: false,
    },
  },
  {
    method: 'POST',
    path: '/api/embed',
    body: { model: embedder, input: ['a'], truncate: true, dimensions: 8, options: {} },
  },
  { method: 'POST', path: '/api/embeddings', body: { model: embedder, prompt: 'a' } },
  { method: 'POST', path: '/api/show', body: { model } },
  { method: 'POST', path: '/api/pull', body: { model } },
  { method: 'DELETE', path: '/api/delete', body: { model } },
  ...[
    '/',
    '/v1/models',
    `/v1/models/${model}`,
    '/v1/queue',
    '/v1/responses/resp_1',
    '/v1/responses/resp_1/input_items?limit=2',
    '/api/tags',
    '/api/ps',
    '/api/version',
    '/health',
    '/openapi.json',
    '/docs',
  ].map(path => ({ method: 'GET', path })),
]
