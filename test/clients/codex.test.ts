import { randomUUID } from 'node:crypto'
import { expect, inject, test } from 'vitest'
import { postResponse, responseEvents, type ResponseEvent } from '../support/responses.ts'
import { startStack, type Stack } from '../support/stack.ts'

/** What Codex asks of a provider with `wire_api = "responses"`, as it asks it. It is no package that could run here. */

const redisUrl = inject('redisUrl')

const object = (properties: object) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

const execCommand = {
  type: 'function',
  name: 'exec_command',
  description: 'Runs a command.',
  strict: false,
  parameters: object({ cmd: { type: 'string' } }),
}
const repl = {
  type: 'namespace',
  name: 'mcp__node_repl',
  description: 'A JavaScript kernel.',
  tools: [
    {
      type: 'function',
      name: 'js',
      description: 'Runs code.',
      strict: false,
      parameters: object({ code: { type: 'string' } }),
    },
    { type: 'function', name: 'js_reset', description: 'Starts anew.', strict: false, parameters: object({}) },
  ],
}
const applyPatch = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Edits files.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "*** Begin Patch" /.+/s' },
}
const builtIn = [
  { type: 'tool_search', execution: 'client', description: 'Finds tools.', parameters: object({}) },
  { type: 'web_search', external_web_access: false, search_content_types: ['text', 'image'] },
  { type: 'image_generation', output_format: 'png' },
  { type: 'local_shell' },
]

type Item = Record<string, unknown>

const message = (role: string, text: string): Item => ({
  type: 'message',
  role,
  content: [{ type: 'input_text', text }],
})

const opening = (question: string): Item[] => [
  message('developer', '<permissions instructions>Ask first.</permissions instructions>'),
  message('user', '<environment_context><cwd>/src</cwd></environment_context>'),
  message('user', question),
]

const ask = (stack: Stack, input: readonly Item[]): Promise<Response> => {
  const session = randomUUID()
  return postResponse(
    stack,
    {
      instructions: 'You are a coding agent.',
      input,
      tools: [execCommand, repl, applyPatch, ...builtIn],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      reasoning: { effort: 'medium', summary: 'auto' },
      store: false,
      stream: true,
      stream_options: { reasoning_summary_delivery: 'sequential_cutoff' },
      include: ['reasoning.encrypted_content'],
      service_tier: 'priority',
      prompt_cache_key: session,
      text: { verbosity: 'low' },
      client_metadata: { session_id: session, 'x-codex-installation-id': randomUUID() },
    },
    {
      headers: {
        accept: 'text/event-stream',
        authorization: 'Bearer any',
        originator: 'codex_cli_rs',
        'session-id': session,
        'thread-id': session,
        'user-agent': 'codex_cli_rs/0.150.0',
        'x-codex-turn-metadata': JSON.stringify({ session_id: session }),
      },
    },
  )
}

/** The items of its answer that are done, which is what Codex keeps of a turn and sends with the next one. */
const turn = async (stack: Stack, input: readonly Item[]): Promise<Item[]> => {
  const response = await ask(stack, input)
  expect([response.status, response.headers.get('x-drover-adjusted')]).toEqual([200, 'tools'])
  const events: ResponseEvent[] = await Array.fromAsync(responseEvents(response))
  const last = events.at(-1)!
  expect(last).toMatchObject({
    type: 'response.completed',
    response: {
      id: expect.stringMatching(/^resp_/),
      usage: {
        input_tokens: expect.any(Number),
        input_tokens_details: { cached_tokens: expect.any(Number) },
        output_tokens: expect.any(Number),
        output_tokens_details: { reasoning_tokens: expect.any(Number) },
        total_tokens: expect.any(Number),
      },
    },
  })
  return events
    .filter(({ type }) => type === 'response.output_item.done')
    .map(({ item }) => (item.type === 'reasoning' ? { ...item, encrypted_content: null } : { ...item }))
}

const lastBody = (stack: Stack): { messages: unknown[]; tools: { function: { name: string } }[] } =>
  JSON.parse(stack.hosts[0]!.requests.at(-1)!.body)

test('it is answered; the model is offered its functions, and it is told that the others were left out', async () => {
  await using stack = await startStack({ redisUrl })
  const items = await turn(stack, opening('echo: hello'))
  expect(items).toMatchObject([
    { type: 'reasoning', summary: [{ type: 'summary_text', text: expect.stringMatching(/./) }] },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'hello' }] },
  ])
  expect(lastBody(stack).tools.map(({ function: { name } }) => name)).toEqual([
    'exec_command',
    'mcp__node_repl__js',
    'mcp__node_repl__js_reset',
    'apply_patch',
  ])
})

test.each([
  {
    tool: 'a function',
    call: 'call exec_command {"cmd":"ls"}',
    item: { type: 'function_call', name: 'exec_command', arguments: '{"cmd":"ls"}' },
    sent: { name: 'exec_command', arguments: { cmd: 'ls' } },
  },
  {
    tool: 'a function of an MCP server',
    call: 'call mcp__node_repl__js {"code":"1+1"}',
    item: { type: 'function_call', namespace: 'mcp__node_repl', name: 'js', arguments: '{"code":"1+1"}' },
    sent: { name: 'mcp__node_repl__js', arguments: { code: '1+1' } },
  },
  {
    tool: 'a tool that takes a text',
    call: 'call apply_patch {"input":"*** Begin Patch\\n+\\"a\\"\\n*** End Patch"}',
    item: { type: 'custom_tool_call', name: 'apply_patch', input: '*** Begin Patch\n+"a"\n*** End Patch' },
    sent: { name: 'apply_patch', arguments: { input: '*** Begin Patch\n+"a"\n*** End Patch' } },
  },
])('$tool is called as Codex knows it, and the result comes back to the model', async ({ call, item, sent }) => {
  await using stack = await startStack({ redisUrl })
  const question = opening(call)
  const items = await turn(stack, question)
  expect(items).toMatchObject([{ type: 'reasoning' }, item])
  const { call_id: id, type } = items[1]!
  const output = { type: `${String(type)}_output`, call_id: id, output: [{ type: 'input_text', text: 'done' }] }
  const answers = await turn(stack, [...question, ...items, output, message('user', 'echo: fine')])
  expect(answers.at(-1)).toMatchObject({ type: 'message', content: [{ text: 'fine' }] })
  expect(lastBody(stack).messages.slice(-3)).toMatchObject([
    { role: 'assistant', content: '', thinking: expect.stringMatching(/./), tool_calls: [{ function: sent }] },
    { role: 'tool', content: 'done', tool_name: sent.name },
    { role: 'user', content: 'echo: fine' },
  ])
})

test('what a model of another server has searched and thought is no obstacle', async () => {
  await using stack = await startStack({ redisUrl })
  const history = [
    { type: 'reasoning', summary: [], content: null, encrypted_content: 'gAAAA' },
    { type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'sky' } },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Blue.' }], phase: 'final_answer' },
  ]
  await turn(stack, [...opening('Which colour?'), ...history, message('user', 'echo: thanks')])
  expect(lastBody(stack).messages.slice(-2)).toEqual([
    { role: 'assistant', content: 'Blue.' },
    { role: 'user', content: 'echo: thanks' },
  ])
})

test('a failure in mid-stream ends with response.failed, which it tries again', async () => {
  await using stack = await startStack({ redisUrl, hosts: [{ tokenMs: 20 }] })
  stack.hosts[0]!.faults.next({ kind: 'reset', afterTokens: 3 })
  const events = await Array.fromAsync(responseEvents(await ask(stack, opening('hi'))))
  expect(events.at(-1)).toMatchObject({
    type: 'response.failed',
    response: { error: { code: 'server_error', message: expect.stringMatching(/./) } },
  })
})

test('it asks for the models with its version', async () => {
  await using stack = await startStack({ redisUrl })
  const response = await fetch(`${stack.url}/v1/models?client_version=0.150.0`)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ object: 'list', data: [{ id: 'llama3.2' }] })
})
