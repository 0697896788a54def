import type { Io } from '../io.ts'
import { findAdmin, type AdminOptions } from './target.ts'

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  readonly body?: object
}

const callMaxMs = 10_000

/** Asks the admin listener; undefined when that fails, and it has said why. */
export const callAdmin = async (
  call: Call,
  options: AdminOptions,
  io: Pick<Io, 'env' | 'cwd' | 'err'>,
): Promise<unknown> => {
  const target = await findAdmin(options, io)
  if (!target.ok) {
    io.err(`drover: ${target.reason}`)
    return undefined
  }
  try {
    const response = await fetch(target.url + call.path, {
      method: call.method,
      headers: {
        ...(target.key === undefined ? {} : { authorization: `Bearer ${target.key}` }),
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      signal: AbortSignal.timeout(callMaxMs),
    })
    const answer: unknown = await response.json()
    if (response.ok) return answer
    const hint = response.status === 401 ? ' Set DROVER_ADMIN_KEY.' : ''
    io.err(`drover: ${messageOf(answer) ?? `the admin listener answered ${response.status}`}${hint}`)
  } catch (error) {
    io.err(
      `drover: no admin listener answers at ${target.url} (${reasonOf(error)}); say --admin URL if it is elsewhere`,
    )
  }
  return undefined
}

const messageOf = (answer: unknown): string | undefined => {
  const message = (answer as { error?: { message?: unknown } } | null)?.error?.message
  return typeof message === 'string' ? message : undefined
}

const reasonOf = (error: unknown): string => {
  const { cause } = error as { cause?: { code?: unknown } }
  if (typeof cause?.code === 'string') return cause.code
  return error instanceof Error ? error.name : 'unknown'
}
