import { z } from 'zod'

/** `drover.yaml`: the one schema, with its defaults. A LiteLLM file is turned into the same shape first (`litellm.ts`). */

const hostId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, ".", "_" and "-", at most 63')

const host = z.strictObject({
  id: hostId,
  /** Base URL of the Ollama server, without a path. */
  url: z.url({ protocol: /^https?$/ }),
  /** Requests the host runs at once: its OLLAMA_NUM_PARALLEL, which is 1 unless set. */
  slots: z.int().min(1).max(1024).default(1),
  /** Share under the `weighted` strategy. */
  weight: z.number().positive().default(1),
  /** `auto`: whatever the host reports in /api/tags. A list: only these. */
  models: z.union([z.literal('auto'), z.array(z.string().min(1)).min(1)]).default('auto'),
})

const model = z.strictObject({
  /** The public name. */
  name: z.string().min(1).max(256),
  aliases: z.array(z.string().min(1).max(256)).default([]),
  /** Which hosts serve it, and under which name there. Absent: every host that has a model of the public name. */
  hosts: z
    .array(z.union([hostId, z.strictObject({ id: hostId, model: z.string().min(1) })]))
    .min(1)
    .optional(),
  /** Ollama options set on every request for it, unless the client sends its own. */
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).default({}),
})

const banSubstrings = z.strictObject({
  substrings: z.array(z.string().min(1)).min(1),
  match: z.enum(['substring', 'word']).default('substring'),
  caseSensitive: z.boolean().default(false),
  /** `block` refuses the request or ends the stream; `redact` replaces each match and goes on. */
  action: z.enum(['block', 'redact']).default('block'),
  redactWith: z.string().min(1).default('[REDACTED]'),
})

const scannerSettings = z.strictObject({ BanSubstrings: banSubstrings.optional() })

const scannerName = z.enum(['BanSubstrings'])

const guardSide = z.strictObject({
  scanners: z.array(scannerName).default([]),
  settings: scannerSettings.prefault({}),
})

export const configSchema = z.strictObject({
  hosts: z.array(host).min(1),
  models: z.array(model).default([]),
  strategy: z.enum(['least_busy']).default('least_busy'),
  guard: z
    .strictObject({
      enabled: z.boolean().default(true),
      input: guardSide.prefault({}),
      output: guardSide.prefault({}),
    })
    .prefault({}),
  queue: z
    .strictObject({
      /** Requests that may wait for one model; the next is refused with 429. */
      depthMax: z.int().min(1).default(1_000),
      /** From arrival to the last byte. */
      deadlineMs: z.int().min(1_000).default(600_000),
    })
    .prefault({}),
  server: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8_000),
      /** API keys. Without one, drover listens on loopback only. */
      keys: z.array(z.string().min(16)).default([]),
      bodyBytesMax: z
        .int()
        .min(1_024)
        .default(8 * 1024 * 1024),
      /** Between comments (SSE) or empty chunks (NDJSON) while a stream is quiet. */
      heartbeatMs: z.int().min(100).default(10_000),
      /** A streaming answer that has not begun by then gets its headers, so that clients do not time out. */
      headersAfterMs: z.int().min(0).default(800),
      /** On SIGTERM, running work may take this long to finish. */
      drainMs: z.int().min(0).default(25_000),
    })
    .prefault({}),
  probe: z
    .strictObject({ intervalMs: z.int().min(100).default(2_000), timeoutMs: z.int().min(100).default(2_000) })
    .prefault({}),
  upstream: z
    .strictObject({
      connectTimeoutMs: z.int().min(100).default(3_000),
      /** Longest wait for the first token: a cold load of a large model takes minutes. */
      firstTokenTimeoutMs: z.int().min(1_000).default(600_000),
      /** Longest silence between two tokens. */
      idleTimeoutMs: z.int().min(1_000).default(60_000),
    })
    .prefault({}),
  redis: z
    .strictObject({
      prefix: z
        .string()
        .regex(/^[A-Za-z0-9_-]+$/)
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
export type BanSubstringsSettings = z.infer<typeof banSubstrings>
