import { pino, type Logger } from 'pino'

/**
 * Ids, sizes and times only. An error is logged by allow-list: a Redis error carries the whole command, prompt included,
 * and a JSON error quotes the text that it could not parse.
 */
export const createLogger = (service: string, level: string): Logger =>
  pino({ name: service, level, serializers: { err: safeError, error: safeError } })

const safeError = (error: unknown): object => {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, code } = error as Error & { code?: unknown }
  const quotesInput = error instanceof SyntaxError || name === 'ZodError'
  return {
    type: name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(quotesInput ? {} : { message: error.message.slice(0, 300), at: frames(error) }),
    ...(error.cause === undefined ? {} : { cause: safeError(error.cause) }),
  }
}

const frames = (error: Error): string[] =>
  (error.stack ?? '')
    .split('\n')
    .filter(line => line.startsWith('    at '))
    .slice(0, 6)
    .map(line => line.trim())

export type { Logger }
