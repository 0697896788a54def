import { type Json, type Kind, Refusal, readObject, wrongKind } from './decode.ts'
import type { Call, Handler, Host } from './host.ts'
import type { Outcome } from './journal.ts'
import { displayName, shortName } from './models.ts'
import { type Options, parseKeepAlive, parseOptions } from './options.ts'
import { parts } from './pace.ts'
import { type Whole, sendJson, sendWhole, streamFaultOf } from './send.ts'
import { embedding, wordCount } from './tokens.ts'
import { goJson } from './wire.ts'
import { type Work, busy, nanoseconds, recorded, refuse, strikeAtOnce } from './work.ts'

/** The life of a request for embeddings. Its tokens are vectors: one per input. */

const dimensionsDefault = 64

interface Inputs {
  readonly model: string
  /** Without any, it only loads the model. */
  readonly inputs: readonly string[]
  readonly dimensions: number
  /** An input longer than the context is refused; else it is cut. */
  readonly mustFit: boolean
  readonly keepAliveMs: number | undefined
  readonly options: Options
}

interface Endpoint {
  readonly path: string
  readonly struct: string
  readonly field: 'input' | 'prompt'
  readonly noModel: Refusal
  /** Of what the runner refuses; the older endpoint hands its status on no better than a crash. */
  readonly statuses: { readonly unable: number; readonly tooLong: number }
  readonly kinds: Record<string, Kind>
  readonly body: (model: string, vectors: readonly number[][], spent: object) => object
}

const embedEndpoint: Endpoint = {
  path: '/api/embed',
  struct: 'EmbedRequest',
  field: 'input',
  noModel: new Refusal(404, "model '' not found"),
  statuses: { unable: 501, tooLong: 400 },
  kinds: { truncate: 'bool', dimensions: 'int' },
  body: (model, embeddings, spent) => ({ model, embeddings, ...spent }),
}

/** The legacy one: one prompt, one vector. */
const legacyEndpoint: Endpoint = {
  path: '/api/embeddings',
  struct: 'EmbeddingRequest',
  field: 'prompt',
  noModel: new Refusal(400, 'model is required'),
  statuses: { unable: 500, tooLong: 500 },
  kinds: { prompt: 'string' },
  body: (_model, vectors) => ({ embedding: vectors[0] ?? [] }),
}

const serve =
  (endpoint: Endpoint) =>
  (host: Host): Handler =>
  call =>
    recorded(host, endpoint.path, call, parse(endpoint, call.body), isControl, work =>
      respond(host, endpoint, call, work),
    )

/** POST /api/embed */
export const embed = serve(embedEndpoint)

/** POST /api/embeddings */
export const embedLegacy = serve(legacyEndpoint)

const isControl = ({ inputs }: Inputs): boolean => inputs.length === 0

const parse = ({ struct, field, kinds, noModel }: Endpoint, raw: string): Inputs | Refusal => {
  const object = readObject(raw)
  if (object instanceof Refusal) return object
  const wrong = wrongKind(struct, object, { model: 'string', options: 'object', ...kinds })
  if (wrong !== undefined) return wrong
  const model = (object['model'] ?? '') as string
  if (model === '') return noModel
  const value = object[field] ?? []
  const inputs: unknown = typeof value === 'string' ? [value].filter(Boolean) : value
  if (!isTexts(inputs)) return new Refusal(400, 'invalid input type')
  const keepAliveMs = parseKeepAlive(object['keep_alive'] ?? undefined)
  if (keepAliveMs instanceof Refusal) return keepAliveMs
  const options = parseOptions((object['options'] ?? {}) as Json)
  if (options instanceof Refusal) return options
  const dimensions = Number(object['dimensions'] ?? 0)
  return {
    model,
    inputs,
    dimensions: dimensions > 0 ? Math.min(dimensions, dimensionsDefault) : dimensionsDefault,
    mustFit: field === 'prompt' || object['truncate'] === false,
    keepAliveMs,
    options,
  }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(item => typeof item === 'string')

const respond = async (host: Host, endpoint: Endpoint, call: Call, work: Work<Inputs>): Promise<Outcome> => {
  const { request, record, resources, arrivedMs } = work
  const { model, keepAliveMs, options } = request
  const installed = host.installed(model)
  const missing = installed === undefined || (endpoint.field === 'prompt' && !isExactly(installed, model))
  const notFound = new Refusal(404, `model ${JSON.stringify(model)} not found, try pulling it first`)
  const wrong = host.wrongName(model) ?? (missing ? notFound : undefined)
  if (wrong !== undefined || installed === undefined) return refuse(call, wrong!)
  if (!host.can(installed, 'embedding')) return refuse(call, new Refusal(endpoint.statuses.unable, noEmbeddings))
  const fault = isControl(request) ? undefined : host.faults.takeForRequest()
  const struck = strikeAtOnce(call, fault)
  if (struck !== undefined) return struck
  const { contextLength, launch } = options
  const need = { model: installed, weights: host.weightsOf(installed), contextLength, launch: `${launch} true` }
  const held = await host.scheduler.hold({ ...need, keepAliveMs }, call.signal)
  if (held === 'busy') return refuse(call, busy)
  resources.use(held)
  if (isControl(request)) {
    sendJson(call.response, 200, endpoint.body(model, [], {}))
    return 'done'
  }
  const loadedMs = performance.now()
  resources.use(await held.slot(call.signal))
  const texts = cut(request)
  if (texts === undefined) return refuse(call, new Refusal(endpoint.statuses.tooLong, tooLong))
  const { promptCharMs } = host.options
  if (promptCharMs > 0) record.promptChars = texts.reduce((sum, text) => sum + text.length, 0)
  const firstTokenMs = record.promptChars * promptCharMs + (fault?.kind === 'delay' ? fault.ms : 0)
  const delivery = {
    response: call.response,
    signal: call.signal,
    fault,
    parts: parts(texts.length, { tokenMs: 0, firstTokenMs }, streamFaultOf(fault), call.signal),
    progress: (count: number) => {
      record.tokens = count
      host.journal.changed()
    },
  }
  const spent = (): object => ({
    total_duration: nanoseconds(performance.now() - arrivedMs) || undefined,
    load_duration: nanoseconds(loadedMs - arrivedMs) || undefined,
    prompt_eval_count: texts.reduce((sum, text) => sum + wordCount(text), 0) || undefined,
  })
  return await sendWhole(delivery, wholeOf(endpoint, request, texts, spent))
}

// Of llama-server, which Ollama runs for a model of either kind.
const noEmbeddings = 'This server does not support embeddings. Start it with `--embeddings`'
const tooLong = 'the input length exceeds the context length'

/** The older endpoint minds the case of a name. */
const isExactly = (installed: string, name: string): boolean => installed === displayName(shortName(name))

/** The inputs as the model reads them; undefined when one may not be cut and is too long. */
const cut = ({ inputs, mustFit, options }: Inputs): string[] | undefined => {
  const isLong = (text: string): boolean => wordCount(text) > options.contextLength
  if (mustFit && inputs.some(isLong)) return undefined
  return inputs.map(text => (isLong(text) ? text.match(/\S+/g)!.slice(0, options.contextLength).join(' ') : text))
}

/** Grows by vectors; ended early, it is what was done so far. */
const wholeOf = (
  endpoint: Endpoint,
  { model, dimensions }: Inputs,
  texts: readonly string[],
  spent: () => object,
): Whole => {
  const vectors: number[][] = []
  const body = (more: object): string => goJson(endpoint.body(model, vectors, more))
  return {
    add: (from, to) => vectors.push(...texts.slice(from, to).map(text => embedding(text, dimensions))),
    // A digit and a comma each.
    addBig: bytes => vectors.push(Array.from({ length: Math.ceil(bytes / 2) }, () => 0)),
    unfinished: () => body({}),
    finished: () => body(spent()),
  }
}
