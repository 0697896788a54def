import { z } from 'zod'

/** What the scheduler knows of a host. Every decision in this folder is a pure function over these and a clock. */

/** One model on one host. */
export const groupLoad = z.object({
  /** Requests of this model the host runs at once (Ollama's OLLAMA_NUM_PARALLEL is per model). */
  slots: z.number(),
  used: z.number(),
  /** In the host's memory now, or being loaded for a job that runs. */
  loaded: z.boolean(),
  /** Decayed means of what was measured here; absent until a job has ended here. Loads are not in them. */
  speed: z
    .object({
      /** From the request to the first token, ms. */
      firstTokenMs: z.number(),
      /** Per output token after the first, ms. */
      tokenMs: z.number(),
      /** Output tokens of a job. */
      tokens: z.number(),
      /** To read one character of a prompt that is in no cache, ms. */
      promptCharMs: z.number(),
    })
    .optional(),
  /** How long it takes to load; an assumption until it was seen (`loadMsAssumed`). */
  loadMs: z.number(),
})

/** Sent on the load channel whenever it changes, at most every `loadEveryMs` per process, and at least every second. */
export const hostLoad = z.object({
  id: z.string(),
  /** It takes jobs: up, owned, not drained, not left alone by its breaker. */
  open: z.boolean(),
  /** Over all models, less what a worker that is leaving still uses. */
  slots: z.number(),
  used: z.number(),
  /** Models it can load beside those it has, as far as was seen: one that has none has room for one. Absent: none. */
  room: z.number().optional(),
  /** Per public model name. */
  groups: z.record(z.string(), groupLoad),
})

export type GroupLoad = z.infer<typeof groupLoad>
export type HostLoad = z.infer<typeof hostLoad>

export const loadMsAssumed = 10_000
export const loadEveryMs = 10

/** What another process said longer ago than this is not believed any more: its host counts as closed. */
export const loadBelievedMs = 3_000
