import type { StreamEvent } from '@drover/shared/events'
import { loadMsAssumed, type GroupLoad } from '@drover/shared/scheduling/load'

/** How fast a host does a model's jobs: decayed sums, so that recent jobs count most. Pure. */

type EndEvent = Extract<StreamEvent, { type: 'end' }>

/** One job that a host answered to its end. `firstTokenMs` + `restMs` is how long it held its slot, its load not counted. */
export interface Sample {
  readonly firstTokenMs: number
  /** From the first token to the end. */
  readonly restMs: number
  readonly tokens: number
  /** Absent when the model was in memory. */
  readonly loadMs?: number
  /** Absent when the prompt was too short to tell, or the host does not say. */
  readonly promptCharMs?: number
}

/** What the worker saw, from the request on. */
export interface Seen {
  /** The model was not in the host's memory. */
  readonly cold: boolean
  readonly firstTokenMs: number
  readonly totalMs: number
  readonly promptChars: number
}

export interface Measured {
  readonly jobs: number
  readonly firstTokenMs: number
  readonly tokens: number
  readonly restMs: number
  readonly restTokens: number
  readonly loads: number
  readonly loadMs: number
  readonly promptCharMs: number
}

export const unmeasured: Measured = {
  jobs: 0,
  firstTokenMs: 0,
  tokens: 0,
  restMs: 0,
  restTokens: 0,
  loads: 0,
  loadMs: 0,
  promptCharMs: 0,
}

/** Of the sums with every job: a tenth of the weight is the last one's. */
const kept = 0.9

/** Ollama reports some milliseconds of "load" for a model that is in memory; from here on it was not, whatever we knew. */
const loadMsMin = 100

/** A shorter prompt takes as long as a request does, whatever it says. */
const promptCharsMin = 500

/** Beyond what was seen here, and this much for clocks, a host's own timings are not believed. */
const clockSlackMs = 1_000

/** The host's own timings where it gives any: they know of its loads, and nothing of our network. */
export const sampleOf = (end: EndEvent, seen: Seen): Sample => {
  const { timings, usage } = end
  const tokens = usage.completionTokens
  const ms = (ns: number): number => ns / 1e6
  const told = timings.totalNs > 0 && ms(timings.totalNs) <= seen.totalMs + clockSlackMs
  if (!told) return { firstTokenMs: seen.firstTokenMs, restMs: seen.totalMs - seen.firstTokenMs, tokens }
  const loadMs = Math.min(ms(timings.loadNs), ms(timings.totalNs))
  const heldMs = ms(timings.totalNs) - loadMs
  // Ollama counts it from the first token on.
  const restMs = tokens <= 1 ? 0 : Math.min(heldMs, ms(timings.evalNs))
  const read = timings.promptEvalNs > 0 && seen.promptChars >= promptCharsMin
  return {
    firstTokenMs: heldMs - restMs,
    restMs,
    tokens,
    ...(seen.cold || loadMs > loadMsMin ? { loadMs } : {}),
    ...(read ? { promptCharMs: Math.min(ms(timings.promptEvalNs), heldMs) / seen.promptChars } : {}),
  }
}

/**
 * Jobs without tokens (embeddings, an empty answer) count only as long as the model has no others: mixed with answers
 * they would make these look shorter and quicker than they are.
 */
export const afterJob = (before: Measured, sample: Sample): Measured => {
  const after = sample.loadMs === undefined ? before : afterLoad(before, sample.loadMs)
  if (sample.tokens === 0 && before.tokens > 0) return after
  const sums = sample.tokens > 0 && before.tokens === 0 ? unmeasured : before
  return {
    ...after,
    jobs: sums.jobs * kept + 1,
    firstTokenMs: sums.firstTokenMs * kept + sample.firstTokenMs,
    tokens: sums.tokens * kept + sample.tokens,
    restMs: sums.restMs * kept + sample.restMs,
    restTokens: sums.restTokens * kept + Math.max(0, sample.tokens - 1),
    promptCharMs: coldCharMs(before.promptCharMs, sample.promptCharMs),
  }
}

/** After a load that no job waited for. */
export const afterLoad = (before: Measured, loadMs: number): Measured => ({
  ...before,
  loads: before.loads * kept + 1,
  loadMs: before.loadMs * kept + loadMs,
})

/** A prompt that is partly in the host's cache is read sooner than a new one, so the slow ones are believed at once. */
const coldCharMs = (beforeMs: number, charMs: number | undefined): number => {
  if (charMs === undefined) return beforeMs
  const weight = charMs > beforeMs ? (beforeMs === 0 ? 1 : 0.5) : 0.02
  return beforeMs + (charMs - beforeMs) * weight
}

/** As if what somebody else measured were one job's. */
export const measuredBefore = ({ speed, loadMs }: Pick<GroupLoad, 'speed' | 'loadMs'>): Measured => ({
  jobs: speed === undefined ? 0 : 1,
  firstTokenMs: speed?.firstTokenMs ?? 0,
  tokens: speed?.tokens ?? 0,
  restMs: (speed?.tokenMs ?? 0) * Math.max(0, (speed?.tokens ?? 0) - 1),
  restTokens: Math.max(0, (speed?.tokens ?? 0) - 1),
  loads: loadMs === loadMsAssumed ? 0 : 1,
  loadMs: loadMs === loadMsAssumed ? 0 : loadMs,
  promptCharMs: speed?.promptCharMs ?? 0,
})

/** Of decayed jobs with one token each: fewer say nothing of what others will have. */
const oneTokenJobs = 3

/** Undefined until jobs have ended that tell. */
export const speedOf = (measured: Measured): GroupLoad['speed'] =>
  measured.jobs === 0 || (measured.restTokens === 0 && measured.jobs < oneTokenJobs)
    ? undefined
    : {
        firstTokenMs: measured.firstTokenMs / measured.jobs,
        tokenMs: measured.restTokens === 0 ? 0 : measured.restMs / measured.restTokens,
        tokens: measured.tokens / measured.jobs,
        promptCharMs: measured.promptCharMs,
      }

/** @param others what is known of the host's other models: one that it never loaded is taken to be like them. */
export const loadMsOf = (measured: Measured, others: Iterable<Measured>): number => {
  if (measured.loads > 0) return measured.loadMs / measured.loads
  const seen = [...others].filter(({ loads }) => loads > 0)
  return seen.length === 0
    ? loadMsAssumed
    : seen.reduce((sum, { loads, loadMs }) => sum + loadMs / loads, 0) / seen.length
}
