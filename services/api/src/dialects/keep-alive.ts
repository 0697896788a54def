import { z } from 'zod'

/** Ollama's `keep_alive`: a number of seconds or a Go duration. A plain number in quotes is taken for seconds, too. */

const unitS: Readonly<Record<string, number>> = {
  h: 3_600,
  m: 60,
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ns: 1e-9,
}

const charsMax = 64
const duration = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|μs|ns))+$/
const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)$/
const amounts = /(\d+\.?\d*|\.\d+)([a-zµμ]*)/g

const problem = 'must be a number of seconds or a duration like "5m" or "1h30m"; negative means for ever'

/** Seconds; undefined for what is no duration. */
const parseDuration = (text: string): number | undefined => {
  if (text.length > charsMax || !(duration.test(text) || plainNumber.test(text))) return undefined
  const parts = Array.from(text.matchAll(amounts), ([, amount, unit = '']) => Number(amount) * (unitS[unit] ?? 1))
  const seconds = parts.reduce((sum, part) => sum + part, 0)
  return text.startsWith('-') ? -seconds : seconds
}

const isGiven = (value: unknown): value is number | bigint | string =>
  typeof value === 'string' || typeof value === 'bigint' || Number.isFinite(value)

/** The result is in seconds; negative: until the host has to make room. */
export const keepAlive = z
  .custom<number | bigint | string>(isGiven, problem)
  .meta({
    id: 'KeepAlive',
    type: ['number', 'string'],
    maxLength: charsMax,
    pattern: `${duration.source}|${plainNumber.source}`,
    description: `How long the model stays in memory after this: seconds, or a duration like \`5m\`; negative means for ever. \
Held to the bounds that operators set; \`x-drover-adjusted\` tells where it was not within them.`,
  })
  .transform((value, context): number => {
    const seconds = typeof value === 'string' ? parseDuration(value) : Number(value)
    if (seconds !== undefined) return seconds
    context.addIssue({ code: 'custom', input: value, message: problem })
    return z.NEVER
  })
