import type { ChatFault } from './faults.ts'
import type { Call, Host } from './host.ts'
import type { Outcome, RequestRecord } from './journal.ts'
import { isEmbeddingModel } from './models.ts'
import { parts } from './pace.ts'
import { type Reply, replyTo } from './reply.ts'
import type { Prompt, Refusal } from './request.ts'
import { conversationText, isRefusal, parseChat, parseGenerate } from './request.ts'
import type { Slot } from './scheduler.ts'
import { sendBody, sendJson, sendStream, sendWhole, streamFaultOf } from './send.ts'
import type { Frames } from './wire.ts'
import { chatFrames, generateFrames, goJson } from './wire.ts'

/** The life of a request that generates: read, checked, scheduled, answered. */

interface Endpoint {
  readonly path: string
  readonly capability: string
  readonly parse: (raw: string) => Prompt | Refusal
  readonly frames: (model: string) => Frames
  readonly noModel: Refusal
}

export const chat: Endpoint = {
  path: '/api/chat',
  capability: 'chat',
  parse: parseChat,
  frames: chatFrames,
  noModel: { status: 400, error: 'model is required' },
}

export const generate: Endpoint = {
  path: '/api/generate',
  capability: 'generate',
  parse: parseGenerate,
  frames: generateFrames,
  noModel: { status: 404, error: "model '' not found" },
}

export const busy: Refusal = {
  status: 503,
  // Two spaces, as there.
  error: 'server busy, please try again.  maximum pending requests exceeded',
}

export const refuse = (call: Call, refusal: Refusal): 'refused' => {
  sendJson(call.response, refusal.status, { error: refusal.error })
  return 'refused'
}

interface Request {
  readonly prompt: Prompt
  readonly record: RequestRecord
  /** Where the model and the slot go that it takes. */
  readonly resources: DisposableStack
  readonly arrivedMs: number
}

export const serve = async (host: Host, endpoint: Endpoint, call: Call): Promise<void> => {
  const prompt = endpoint.parse(call.body)
  const asked = isRefusal(prompt) ? { model: '', messages: undefined } : prompt
  const record = host.journal.open(endpoint.path, asked.model, call.body, asked.messages?.length === 0)
  let outcome: Outcome = 'aborted'
  // Given back after the record is closed, in one turn: whoever sees the slot free sees the outcome too.
  using resources = new DisposableStack()
  try {
    outcome = isRefusal(prompt)
      ? refuse(call, prompt)
      : await respond(host, endpoint, call, { prompt, record, resources, arrivedMs: performance.now() })
  } finally {
    host.journal.close(record, outcome)
  }
}

const respond = async (host: Host, endpoint: Endpoint, call: Call, request: Request): Promise<Outcome> => {
  const { prompt, resources } = request
  const { model, keepAliveMs, messages } = prompt
  if (model === '') return refuse(call, endpoint.noModel)
  const installed = host.installed(model)
  if (installed === undefined) return refuse(call, { status: 404, error: `model '${model}' not found` })
  if (isEmbeddingModel(installed)) {
    return refuse(call, { status: 400, error: `${JSON.stringify(model)} does not support ${endpoint.capability}` })
  }
  if (messages.length === 0 && keepAliveMs === 0) {
    host.scheduler.unload(installed)
    return control(endpoint, call, model, 'unload')
  }
  const fault = messages.length === 0 ? undefined : host.faults.takeForChat()
  if (fault?.kind === 'busy') return sendStatus(call, busy.status, goJson({ error: busy.error }))
  if (fault?.kind === 'status') return sendStatus(call, fault.status, fault.body)
  const need = { model: installed, contextLength: prompt.options.contextLength, keepAliveMs }
  const held = await host.scheduler.hold(need, call.signal)
  if (held === 'busy') return refuse(call, busy)
  resources.use(held)
  if (messages.length === 0) return control(endpoint, call, model, 'load')
  const loadedMs = performance.now()
  const remembers = host.options.promptCharMs > 0
  const slot = resources.use(await held.slot(call.signal, remembers ? conversationText(messages) : undefined))
  return await answer(host, endpoint, call, { ...request, fault, loadedMs, slot })
}

const answer = async (
  host: Host,
  endpoint: Endpoint,
  call: Call,
  request: Request & { readonly fault: ChatFault | undefined; readonly loadedMs: number; readonly slot: Slot },
): Promise<Outcome> => {
  const { prompt, record, fault, arrivedMs, loadedMs, resources, slot } = request
  const startedMs = performance.now()
  let firstTokenMs = startedMs
  const { tokens, tokenMs, promptCharMs } = host.options
  const reply = replyTo(prompt, tokens)
  const frames = endpoint.frames(prompt.model)
  if (promptCharMs > 0) readPrompt({ prompt, record, reply, resources, slot })
  const readMs = (record.promptChars - record.cachedChars) * promptCharMs
  const pace = { tokenMs, firstTokenMs: host.options.firstTokenMs + readMs + (fault?.kind === 'delay' ? fault.ms : 0) }
  return await (prompt.stream ? sendStream : sendWhole)({
    response: call.response,
    signal: call.signal,
    reply,
    frames,
    fault,
    parts: parts(reply.length, pace, streamFaultOf(fault), call.signal),
    progress: count => {
      if (record.tokens === 0) firstTokenMs = performance.now()
      record.tokens = count
      host.journal.changed()
    },
    finish: (content, thinking) =>
      frames.final({ ...reply.final, content, thinking }, reply.reason, {
        totalNs: nanoseconds(performance.now() - arrivedMs),
        loadNs: nanoseconds(loadedMs - arrivedMs),
        // All of the prompt, what was remembered included: only the duration tells them apart.
        promptEvalCount: reply.promptTokens,
        promptEvalNs: nanoseconds(firstTokenMs - startedMs),
        evalCount: reply.length,
        evalNs: nanoseconds(performance.now() - firstTokenMs),
      }),
  })
}

/** The slot has read the prompt from now on; what it said to it joins when the answer ends, however that happens. */
const readPrompt = ({
  prompt,
  record,
  reply,
  resources,
  slot,
}: Pick<Request, 'prompt' | 'record' | 'resources'> & { readonly reply: Reply; readonly slot: Slot }): void => {
  const text = conversationText(prompt.messages)
  record.promptChars = text.length
  record.cachedChars = slot.cachedChars
  resources.defer(() => {
    let said = ''
    for (let index = 0; index < record.tokens; index++) said += reply.piece(index).content
    slot.remember(text + conversationText([{ role: 'assistant', content: said }]))
  })
}

const nanoseconds = (ms: number): number => Math.round(ms * 1_000_000)

/** A request without messages only loads or unloads. */
const control = (endpoint: Endpoint, call: Call, model: string, reason: 'load' | 'unload'): Outcome => {
  const body = endpoint.frames(model).final({ content: '' }, reason)
  sendBody(call.response, 200, 'application/json; charset=utf-8', body)
  return 'done'
}

const sendStatus = (call: Call, status: number, body: string): Outcome => {
  const kinds: Record<string, string> = { '{': 'application/json; charset=utf-8', '<': 'text/html' }
  const type = kinds[body.trimStart().charAt(0)] ?? 'text/plain; charset=utf-8'
  sendBody(call.response, status, type, body)
  return 'fault'
}
