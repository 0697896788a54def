import { type Answer, linesOf, wholeOf } from './answer.ts'
import { Refusal } from './decode.ts'
import type { RequestFault } from './faults.ts'
import type { Call, Handler, Host } from './host.ts'
import type { Outcome, RequestRecord } from './journal.ts'
import { parts } from './pace.ts'
import { type Reply, replyTo } from './reply.ts'
import type { Prompt } from './request.ts'
import { conversationText, parseChat, parseGenerate } from './request.ts'
import type { Need, Slot } from './scheduler.ts'
import { sendBody, sendStream, sendWhole, streamFaultOf, jsonType } from './send.ts'
import { lackOf, unfitFor } from './unfit.ts'
import type { Frames } from './wire.ts'
import { chatFrames, generateFrames } from './wire.ts'
import { type Work, busy, nanoseconds, recorded, refuse, strikeAtOnce } from './work.ts'

/** The life of a request that generates: read, checked, scheduled, answered. */

interface Endpoint {
  readonly path: string
  /** What a model that generates nothing is said not to support. */
  readonly name: string
  readonly parse: (raw: string) => Prompt | Refusal
  readonly frames: (prompt: Prompt) => Frames
  readonly noModel: Refusal
}

const chatEndpoint: Endpoint = {
  path: '/api/chat',
  name: 'chat',
  parse: parseChat,
  // As the client wrote it: Ollama echoes it.
  frames: ({ model }) => chatFrames(model),
  noModel: new Refusal(400, 'model is required'),
}

const generateEndpoint: Endpoint = {
  path: '/api/generate',
  name: 'generate',
  parse: parseGenerate,
  frames: ({ model, context }) => generateFrames(model, context),
  noModel: new Refusal(404, "model '' not found"),
}

const serve =
  (endpoint: Endpoint) =>
  (host: Host): Handler =>
  call =>
    recorded(host, endpoint.path, call, endpoint.parse(call.body), isControl, work =>
      respond(host, endpoint, call, work),
    )

/** POST /api/chat */
export const chat = serve(chatEndpoint)

/** POST /api/generate */
export const generate = serve(generateEndpoint)

/** A request without messages only loads or unloads. */
const isControl = ({ messages }: Prompt): boolean => messages.length === 0

const respond = async (host: Host, endpoint: Endpoint, call: Call, work: Work<Prompt>): Promise<Outcome> => {
  const { request: prompt, resources } = work
  const { model, keepAliveMs, messages } = prompt
  if (model === '') return refuse(call, endpoint.noModel)
  const installed = host.installed(model)
  const wrong =
    host.wrongName(model) ?? (installed === undefined ? new Refusal(404, `model '${model}' not found`) : undefined)
  if (wrong !== undefined || installed === undefined) return refuse(call, wrong!)
  if (isControl(prompt) && keepAliveMs === 0) {
    host.scheduler.unload(host.weightsOf(installed))
    return control(endpoint, call, prompt, 'unload')
  }
  const lacking = lackOf(host, endpoint.name, prompt, installed)
  if (lacking !== undefined) return refuse(call, new Refusal(400, lacking))
  const fault = isControl(prompt) ? undefined : host.faults.takeForRequest()
  const struck = strikeAtOnce(call, fault)
  if (struck !== undefined) return struck
  const held = await host.scheduler.hold(needOf(host, installed, prompt), call.signal)
  if (held === 'busy') return refuse(call, busy)
  resources.use(held)
  if (isControl(prompt)) return control(endpoint, call, prompt, 'load')
  const loadedMs = performance.now()
  const remembers = host.options.promptCharMs > 0
  const slot = resources.use(await held.slot(call.signal, remembers ? conversationText(messages) : undefined))
  const think = prompt.think ?? host.thinksByItself(installed)
  const reply = replyTo({ ...prompt, think }, host.options.tokens)
  const unfit = unfitFor(host, prompt, installed, reply)
  if (unfit !== undefined) return refuse(call, unfit)
  return await answer(host, endpoint, call, { ...work, fault, loadedMs, slot, reply })
}

interface Scheduled extends Work<Prompt> {
  readonly fault: RequestFault | undefined
  readonly loadedMs: number
  readonly slot: Slot
  readonly reply: Reply
}

const needOf = (host: Host, model: string, { options, shift, keepAliveMs }: Prompt): Need => {
  const { contextLength, launch } = options
  return { model, weights: host.weightsOf(model), contextLength, launch: `${launch} ${shift}`, keepAliveMs }
}

const answer = async (host: Host, endpoint: Endpoint, call: Call, work: Scheduled): Promise<Outcome> => {
  const { request: prompt, record, fault, arrivedMs, loadedMs, reply } = work
  const startedMs = performance.now()
  let firstTokenMs = startedMs
  const { tokenMs, promptCharMs } = host.options
  const frames = endpoint.frames(prompt)
  if (promptCharMs > 0) readPrompt(work)
  const readMs = (record.promptChars - record.cachedChars) * promptCharMs
  const pace = { tokenMs, firstTokenMs: host.options.firstTokenMs + readMs + (fault?.kind === 'delay' ? fault.ms : 0) }
  const delivery = {
    response: call.response,
    signal: call.signal,
    fault,
    parts: parts(reply.length, pace, streamFaultOf(fault), call.signal),
    progress: (count: number) => {
      if (record.tokens === 0) firstTokenMs = performance.now()
      record.tokens = count
      host.journal.changed()
    },
  }
  const finish: Answer['finish'] = piece =>
    frames.final({ ...reply.final, ...piece }, reply.reason, {
      totalNs: nanoseconds(performance.now() - arrivedMs),
      loadNs: nanoseconds(loadedMs - arrivedMs),
      // All of the prompt, what was remembered included: only the duration tells them apart.
      promptEvalCount: reply.promptTokens,
      promptEvalCachedCount: host.isFrom(34) ? cachedTokens(record, reply) : undefined,
      promptEvalNs: nanoseconds(firstTokenMs - startedMs),
      evalCount: reply.length,
      evalNs: nanoseconds(performance.now() - firstTokenMs),
    })
  const said = { reply, frames, finish }
  return await (prompt.stream ? sendStream(delivery, linesOf(said)) : sendWhole(delivery, wholeOf(said)))
}

const cachedTokens = ({ promptChars, cachedChars }: RequestRecord, { promptTokens }: Reply): number =>
  promptChars === 0 ? 0 : Math.floor((promptTokens * cachedChars) / promptChars)

/** The slot has read the prompt from now on; what it said to it joins when the answer ends, however that happens. */
const readPrompt = ({ request, record, reply, resources, slot }: Scheduled): void => {
  const text = conversationText(request.messages)
  record.promptChars = text.length
  record.cachedChars = slot.cachedChars
  resources.defer(() => {
    let said = ''
    for (let index = 0; index < record.tokens; index++) said += reply.piece(index).content
    slot.remember(text + conversationText([{ role: 'assistant', content: said }]))
  })
}

const control = (endpoint: Endpoint, call: Call, prompt: Prompt, reason: 'load' | 'unload'): Outcome => {
  sendBody(call.response, 200, jsonType, endpoint.frames(prompt).final({ content: '' }, reason))
  return 'done'
}
