import type { ModelRequest } from '@drover/shared/requests'

/** What a client may choose of how a host holds the model, which all others feel. */
export interface Bounds {
  readonly keepAliveMinMs: number
  readonly keepAliveMaxMs: number
  /** Undefined: clients cannot choose it. */
  readonly numCtxMax: number | undefined
  /** What the operator has set for the model, raw JSON text per option. */
  readonly options: Readonly<Record<string, string>>
}

/** A request as it will be sent, and what is not as the client had it, each as `x-drover-adjusted` says it. */
export interface Adjusted {
  readonly request: ModelRequest
  readonly adjusted: readonly string[]
}

/** A host loads its model anew when one of them differs from the last request: one client would stall everybody else. */
const reloading: ReadonlySet<string> = new Set([
  'draft_num_predict',
  'embedding_only',
  'f16_kv',
  'logits_all',
  'low_vram',
  'main_gpu',
  'num_batch',
  'num_ctx',
  'num_gpu',
  'num_gqa',
  'num_thread',
  'numa',
  'rope_frequency_base',
  'rope_frequency_scale',
  'use_mlock',
  'use_mmap',
  'vocab_only',
])

export const bounded = (asked: ModelRequest, bounds: Bounds): Adjusted => {
  const { request, adjusted: unshifted } = withoutShift(asked)
  const { keepAliveS } = request
  const seconds = keepAliveS === undefined ? undefined : boundedSeconds(keepAliveS, bounds)
  const { options, adjusted } = boundedOptions(request.options, bounds)
  return {
    request: { ...request, options, ...(seconds === undefined ? {} : { keepAliveS: seconds }) },
    adjusted: [...(seconds === keepAliveS ? [] : [`keep_alive=${seconds}`]), ...adjusted, ...unshifted],
  }
}

/**
 * Another `shift` than the last request's has the model loaded anew, too. Who does not want the context shifted wants
 * an error for what does not fit: of a prompt, `truncate` says so at no cost to others.
 */
const withoutShift = (request: ModelRequest): Adjusted => {
  if ((request.kind !== 'chat' && request.kind !== 'generate') || request.shift === undefined)
    return { request, adjusted: [] }
  const { shift, ...rest } = request
  return { request: shift ? rest : { ...rest, truncate: rest.truncate ?? false }, adjusted: ['shift'] }
}

/** Negative is for ever. */
const boundedSeconds = (seconds: number, { keepAliveMinMs, keepAliveMaxMs }: Bounds): number =>
  seconds < 0 ? keepAliveMaxMs / 1_000 : Math.min(keepAliveMaxMs, Math.max(keepAliveMinMs, seconds * 1_000)) / 1_000

const boundedOptions = (
  options: Readonly<Record<string, string>>,
  bounds: Bounds,
): { options: Record<string, string>; adjusted: string[] } => {
  const kept: [string, string][] = []
  const adjusted: string[] = []
  for (const [name, json] of Object.entries(options)) {
    if (!reloading.has(name)) kept.push([name, json])
    // The operator's own value has nothing loaded anew.
    else if (isSame(json, bounds.options[name])) continue
    else {
      const context = name === 'num_ctx' ? boundedContext(json, bounds.numCtxMax) : undefined
      if (context !== undefined) kept.push([name, context])
      if (context !== json) adjusted.push(context === undefined ? name : `${name}=${context}`)
    }
  }
  return { options: Object.fromEntries(kept), adjusted }
}

/** Undefined where it is no length, or not the client's to choose. */
const boundedContext = (json: string, max: number | undefined): string | undefined => {
  const tokens = Number(json)
  if (max === undefined || !Number.isInteger(tokens) || tokens < 1) return undefined
  return tokens > max ? String(max) : json
}

const isSame = (json: string, configured: string | undefined): boolean =>
  configured !== undefined && JSON.stringify(JSON.parse(json)) === configured
