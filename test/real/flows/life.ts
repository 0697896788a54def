import type { Flow, Target } from '../flow.ts'

/** What requests do to a host: how long it works for them, what it keeps, what it loads anew. */

const messages = [{ role: 'user', content: 'hello' }]

const ask = (url: string, body: object, signal: AbortSignal | null = null): Promise<Response> =>
  fetch(`${url}/api/chat`, { method: 'POST', body: JSON.stringify({ messages, ...body }), signal })

const inMemory = async (
  { ollamaUrl }: Target,
  model: string,
): Promise<{ context_length: number; expires_at: string } | undefined> => {
  const { models } = (await (await fetch(`${ollamaUrl}/api/ps`)).json()) as {
    models: { name: string; context_length: number; expires_at: string }[]
  }
  return models.find(({ name }) => name === model || name === `${model}:latest`)
}

/** Begins an answer that is long, and leaves it after the first piece. */
const leave = async (target: Target): Promise<void> => {
  const left = new AbortController()
  const response = await ask(target.url, { model: target.models.long, stream: true }, left.signal)
  for await (const _ of response.body ?? []) break
  left.abort()
}

/** Both slots were left by their clients: a host that goes on for them has none for whoever comes next. */
const leaving = async (target: Target): Promise<unknown> => {
  await Promise.all([leave(target), leave(target)])
  const startedMs = performance.now()
  await (await ask(target.ollamaUrl, { model: target.models.long, stream: false, options: { num_predict: 1 } })).text()
  return performance.now() - startedMs < 1_000 ? 'the host is free within a second' : 'the host goes on'
}

const timed = async (target: Target): Promise<{ firstMs: number; lastMs: number; done: boolean }> => {
  const response = await ask(target.url, { model: target.models.long, options: { num_predict: 300 } })
  let firstMs = 0
  let text = ''
  for await (const chunk of response.body ?? []) {
    firstMs ||= performance.now()
    text += Buffer.from(chunk).toString()
  }
  return { firstMs, lastMs: performance.now(), done: text.includes('"done":true') }
}

const together = async (target: Target): Promise<unknown> => {
  const both = await Promise.all([timed(target), timed(target)])
  const isTogether = Math.max(...both.map(one => one.firstMs)) < Math.min(...both.map(one => one.lastMs))
  return { together: isTogether, done: both.map(one => one.done) }
}

const more = async (target: Target): Promise<unknown> => {
  const all = await Promise.all(Array.from({ length: 6 }, () => timed(target)))
  return all.map(one => one.done)
}

const whole = async (target: Target, body: object): Promise<string> => {
  const { chat: model } = target.models
  const response = await ask(target.url, {
    model,
    stream: false,
    ...body,
    options: { num_predict: 1, ...optionsOf(body) },
  })
  await response.text()
  return `${response.status}${target.url === target.ollamaUrl ? '' : ` ${response.headers.get('x-drover-adjusted') ?? ''}`}`.trim()
}

const optionsOf = (body: object): object => ('options' in body ? (body.options as object) : {})

const kept = async (target: Target, keepAlive: unknown): Promise<unknown> => {
  const answer = await whole(target, { keep_alive: keepAlive })
  // It unloads after it has answered.
  await new Promise(resolve => setTimeout(resolve, 300))
  const model = await inMemory(target, target.models.chat)
  const seconds = model === undefined ? 0 : (Date.parse(model.expires_at) - Date.now()) / 1_000
  return { answer, kept: seconds > 3_600 ? 'for ever' : `${Math.ceil(seconds)} s` }
}

/** Whether the host loaded the model anew for it; the request before it asked for nothing. */
const reloads = async (target: Target, body: object): Promise<unknown> => {
  const { chat: model } = target.models
  await (await ask(target.ollamaUrl, { model, stream: false, options: { num_predict: 1 } })).text()
  const before = await runnersOf(target)
  const answer = await whole(target, body)
  return { answer, loadedAnew: (await runnersOf(target)) !== before }
}

/** A loaded model is a process: another one after a load. Where that cannot be seen, its context is all that tells. */
const runnersOf = async (target: Target): Promise<string> => {
  const processes = await target.server?.runners()
  const context = (await inMemory(target, target.models.chat))?.context_length
  return JSON.stringify([processes, context])
}

const bounded = 'drover keeps it within the bounds of its configuration, and says so'
const stays = 'drover lets no client have a model loaded anew, and says so'

export const lifeFlows: readonly Flow[] = [
  { name: 'clients that leave', run: leaving },
  { name: 'two clients on two slots', run: together },
  { name: 'six clients on two slots', run: more },
  { name: 'keep_alive 0', differs: bounded, run: target => kept(target, 0) },
  { name: 'keep_alive -1', differs: bounded, run: target => kept(target, -1) },
  { name: 'num_ctx', differs: stays, run: target => reloads(target, { options: { num_ctx: 512 } }) },
  { name: 'num_batch', differs: stays, run: target => reloads(target, { options: { num_batch: 64 } }) },
  { name: 'num_thread', differs: stays, run: target => reloads(target, { options: { num_thread: 1 } }) },
  { name: 'shift: false', differs: stays, run: target => reloads(target, { shift: false }) },
  {
    name: 'other options',
    run: async target => (await reloads(target, { options: { temperature: 0.1, top_k: 3 } })) && 'kept',
  },
]
