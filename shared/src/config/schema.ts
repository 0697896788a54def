import { z } from 'zod'
import { apiKey, baseUrl, dayMs, hostId, integer, modelName, text } from './fields.ts'
import { guardSchema } from './guard-schema.ts'

/**
 * `drover.yaml`: the one schema, with its defaults. A LiteLLM file is turned into the same shape first (`litellm.ts`).
 * A message says what would be right and starts with "must"; `validate.ts` adds the path and what was found.
 */

/** Who runs a request; told apart in docs/operations.md. */
export const strategies = ['least_busy', 'round_robin', 'weighted'] as const
export type Strategy = (typeof strategies)[number]

/** An IPv6 address may be written as in a URL. */
const listenHost = text(255).overwrite(host => host.replace(/^\[(.*)\]$/, '$1'))

const apiKeys = z.array(apiKey).default([])

/** What a host speaks; each is a file in the worker's `hosts/`. */
export const hostTypes = ['ollama', 'openai'] as const
export type HostType = (typeof hostTypes)[number]

const slots = integer(1, 1_024)

const weightExpected = 'must be a number above 0, at most 1000000'

const host = z.strictObject({
  id: hostId,
  /** `openai`: any server with OpenAI's API (vLLM, llama.cpp, another drover). */
  type: z.enum(hostTypes).default('ollama'),
  /** Base URL of the server, without a path and without a slash at its end. */
  url: baseUrl,
  /** Sent to it as a bearer token. */
  apiKey: apiKey.optional(),
  /** Requests the host runs at once: its OLLAMA_NUM_PARALLEL, which is 1 unless set. */
  slots: slots.default(1),
  /** Of one model at once. Absent: as many as `slots`. */
  modelSlots: slots.optional(),
  /** Share under the `weighted` strategy. */
  weight: z.number(weightExpected).positive(weightExpected).max(1_000_000, weightExpected).default(1),
  /**
   * What it serves under the names it has for them. `auto`: whatever it reports in /api/tags. A list: of these, only
   * the named. What `models` maps to the host comes on top, so `[]` means: that alone.
   */
  models: z.union([z.literal('auto'), z.array(modelName)], 'must be `auto` or a list of model names').default('auto'),
})

const model = z.strictObject({
  /** The public name. */
  name: modelName,
  aliases: z.array(modelName).default([]),
  /** Which hosts serve it, and under which name there. Absent: every host that has a model of the public name. */
  hosts: z
    .array(
      z.union(
        [hostId, z.strictObject({ id: hostId, model: modelName.optional(), slots: slots.optional() })],
        'must be a host id, or a section with `id`, `model` and `slots`',
      ),
    )
    .min(1, 'must list at least one host; without the key, every host that has the model serves it')
    .optional(),
  /** Hosts that load it ahead of requests and keep it in memory. */
  pin: z.array(hostId).default([]),
  /** Models that answer in its place when it cannot be had, in this order. */
  fallbacks: z.array(modelName).default([]),
  /** Models that answer in its place when the prompt is too long for it, in this order. */
  contextFallbacks: z.array(modelName).default([]),
  /** Largest `num_ctx` a client may ask for. Absent: it is as the operator set it, and clients cannot change it. */
  numCtxMax: integer(1, 100_000_000).optional(),
  /** Ollama options set on every request for it, unless the client sends its own. */
  options: z
    .record(
      z.string().min(1).max(64),
      z.union(
        [z.string(), z.number(), z.boolean(), z.array(z.string())],
        'must be text, a number, true, false or a list of text',
      ),
    )
    .default({}),
})

const hostsExpected = 'must list at least one host'

export const configSchema = z.strictObject({
  hosts: z.array(host, hostsExpected).min(1, hostsExpected).max(10_000, 'must list at most 10000 hosts'),
  models: z.array(model).default([]),
  /** An operator may choose another at run time (`settings.ts`). */
  strategy: z.enum(strategies).default('least_busy'),
  guard: guardSchema.prefault({}),
  queue: z
    .strictObject({
      /** Requests that may wait for one model; the next is refused with 429. */
      depthMax: integer(1, 1_000_000).default(1_000),
      /** From arrival to the last byte. */
      deadlineMs: integer(1_000, dayMs).default(600_000),
      /** A model that was asked for so long in vain is loaded in place of one that is still in use. */
      swapAfterMs: integer(0, dayMs).default(10_000),
      /** Requests of class background that have waited so long are as urgent as interactive ones. */
      backgroundAfterMs: integer(0, dayMs).default(60_000),
      batchAfterMs: integer(0, dayMs).default(600_000),
      /** A request that a strategy gave to one host, and that has waited there so long, may go to any. */
      rebindAfterMs: integer(0, dayMs).default(10_000),
      /** A conversation goes on where its beginning is in the cache, if that is sooner. */
      affinity: z.boolean().default(true),
    })
    .prefault({}),
  server: z
    .strictObject({
      host: listenHost.default('127.0.0.1'),
      port: integer(0, 65_535).default(8_000),
      /** API keys. Without one, drover listens on loopback only. */
      keys: apiKeys,
      bodyBytesMax: integer(1_024, 256 * 1024 * 1024).default(8 * 1024 * 1024),
      /** Between comments (SSE) or empty chunks (NDJSON) while a stream is quiet. */
      heartbeatMs: integer(100, 600_000).default(10_000),
      /** A streaming answer that has not begun by then gets its headers, so that clients do not time out. */
      headersAfterMs: integer(0, 600_000).default(800),
      /** Sends the headers of a LiteLLM proxy too (`x-litellm-call-id`, …). */
      litellmHeaders: z.boolean().default(false),
      /** On SIGTERM, running work may take this long to finish. */
      drainMs: integer(0, 3_600_000).default(25_000),
    })
    .prefault({}),
  /** What clients may ask for beside an answer. */
  clients: z
    .strictObject({
      /** Bounds of their `keep_alive`. */
      keepAliveMinMs: integer(0, dayMs).default(1_000),
      keepAliveMaxMs: integer(1_000, dayMs).default(1_800_000),
      /** Whether they may have a model unloaded, by Ollama's `keep_alive: 0` without a prompt. */
      unload: z.boolean().default(false),
      /** Whether they may ask for models that an Ollama host passes on to ollama.com. */
      cloudModels: z.boolean().default(false),
    })
    .prefault({}),
  /** Answers to requests that would be answered the same again, kept per API key. */
  cache: z
    .strictObject({
      enabled: z.boolean().default(false),
      ttlMs: integer(1_000, 30 * dayMs).default(3_600_000),
      /** Larger answers are not kept. */
      answerBytesMax: integer(1_024, 64 * 1024 * 1024).default(1024 * 1024),
    })
    .prefault({}),
  /** Answers of `/v1/responses`. */
  responses: z
    .strictObject({
      /** How long one can be retrieved, and continued by `previous_response_id`. */
      keepMs: integer(60_000, 30 * dayMs).default(86_400_000),
    })
    .prefault({}),
  /** The admin listener: one more port of the api, for operators. */
  admin: z
    .strictObject({
      host: listenHost.default('127.0.0.1'),
      /** Absent: `adminPort`. */
      port: integer(0, 65_535).optional(),
      /** Without one, it listens on loopback only. */
      keys: apiKeys,
    })
    .prefault({}),
  probe: z
    .strictObject({
      intervalMs: integer(100, 3_600_000).default(2_000),
      timeoutMs: integer(100, 3_600_000).default(2_000),
    })
    .prefault({}),
  upstream: z
    .strictObject({
      connectTimeoutMs: integer(100, 3_600_000).default(3_000),
      /** Longest wait for the first token: a cold load of a large model takes minutes. */
      firstTokenTimeoutMs: integer(1_000, dayMs).default(600_000),
      /** Longest silence between two tokens. */
      idleTimeoutMs: integer(1_000, dayMs).default(60_000),
    })
    .prefault({}),
  redis: z
    .strictObject({
      prefix: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" and "-"')
        .default('drover'),
    })
    .prefault({}),
  /** Set by `drover up` when it starts stand-in hosts because there is nothing else to talk to. */
  demo: z.boolean().default(false),
})

export type Config = z.infer<typeof configSchema>
export type ConfigInput = z.input<typeof configSchema>
export type HostConfig = Config['hosts'][number]
export type ModelConfig = Config['models'][number]
