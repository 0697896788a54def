import type { Call, Host } from './host.ts'
import { busy, refuse } from './generate.ts'
import { isRefusal, parseKeepAlive, readObject } from './request.ts'
import { sendJson } from './send.ts'
import { embedding } from './tokens.ts'

const dimensionsDefault = 64

interface Embedded {
  readonly model: string
  readonly vectors: number[][]
  readonly words: number
  readonly totalNs: number
  readonly loadNs: number
}

/** POST /api/embed */
export const embed = async (host: Host, call: Call): Promise<void> => {
  const result = await run(host, call, 'input')
  if (result === undefined) return
  sendJson(call.response, 200, {
    model: result.model,
    embeddings: result.vectors,
    ...(result.totalNs > 0 && { total_duration: result.totalNs }),
    ...(result.loadNs > 0 && { load_duration: result.loadNs }),
    ...(result.words > 0 && { prompt_eval_count: result.words }),
  })
}

/** POST /api/embeddings, the legacy one: one prompt, one vector. */
export const embedLegacy = async (host: Host, call: Call): Promise<void> => {
  const result = await run(host, call, 'prompt')
  if (result !== undefined) sendJson(call.response, 200, { embedding: result.vectors[0] ?? [] })
}

/** Undefined when the request was refused. */
const run = async (host: Host, call: Call, field: 'input' | 'prompt'): Promise<Embedded | undefined> => {
  const arrivedMs = performance.now()
  const refused = (status: number, error: string): undefined => void refuse(call, { status, error })
  const body = readObject(call.body)
  if (isRefusal(body)) return refused(body.status, body.error)
  const model = typeof body['model'] === 'string' ? body['model'] : ''
  if (model === '') return refused(404, "model '' not found")
  const value = body[field] ?? []
  const inputs = typeof value === 'string' ? [value].filter(Boolean) : value
  if (!Array.isArray(inputs) || inputs.some(input => typeof input !== 'string'))
    return refused(400, 'invalid input type')
  const installed = host.installed(model)
  if (installed === undefined) {
    return refused(404, `model ${JSON.stringify(model)} not found, try pulling it first`)
  }
  const keepAliveMs = parseKeepAlive(body['keep_alive'] ?? undefined)
  if (typeof keepAliveMs === 'object') return refused(keepAliveMs.status, keepAliveMs.error)
  const held = await host.scheduler.hold({ model: installed, contextLength: 4_096, keepAliveMs }, call.signal)
  if (held === 'busy') return refused(busy.status, busy.error)
  using hold = held
  const loadedMs = performance.now()
  using _slot = await hold.slot(call.signal)
  const dimensions = Number(body['dimensions']) || dimensionsDefault
  return {
    model,
    vectors: inputs.map((input: string) => embedding(input, Math.min(dimensions, dimensionsDefault))),
    words: inputs.reduce((sum: number, input: string) => sum + (input.match(/\S+/g)?.length ?? 0), 0),
    totalNs: Math.round((performance.now() - arrivedMs) * 1_000_000),
    loadNs: Math.round((loadedMs - arrivedMs) * 1_000_000),
  }
}
