import { connect } from './connection.ts'
import type { RungResult } from './rung.ts'

const ANSWER_TIMEOUT_MS = 5_000
const SCHEMES = new Set(['redis:', 'rediss:'])

/** The Redis the operator named: it must answer, and must not throw keys away when it is full. */
export const externalRedis = async (url: string): Promise<RungResult> => {
  const label = redacted(url)
  if (label === undefined) {
    return { ok: false, reason: 'the Redis URL cannot be read; write it as redis://[:password@]host:port[/db]' }
  }
  const connection = await connect(url, AbortSignal.timeout(ANSWER_TIMEOUT_MS), 'give up')
  if (!connection.ok) return { ok: false, reason: `Redis at ${label} does not answer: ${connection.error.message}` }
  try {
    const policy = await readPolicy(connection.redis)
    if (policy === undefined) {
      const warning = `Redis at ${label} does not tell its maxmemory-policy; make sure that it is noeviction`
      return { ok: true, rung: { url, label, warnings: [warning] } }
    }
    if (policy === 'noeviction') return { ok: true, rung: { url, label, warnings: [] } }
    const cure = 'Run `redis-cli config set maxmemory-policy noeviction`, or name another Redis.'
    return {
      ok: false,
      reason: `Redis at ${label} has maxmemory-policy ${policy} and could evict queued work. ${cure}`,
    }
  } finally {
    connection.redis.disconnect()
  }
}

/** Undefined where CONFIG is not allowed or not known, as with managed services. */
const readPolicy = async (redis: {
  config(action: 'GET', name: string): Promise<unknown>
}): Promise<string | undefined> => {
  try {
    const reply = await redis.config('GET', 'maxmemory-policy')
    return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined
    throw error
  }
}

/** The URL without its user and password, or undefined if it is none. A path is a unix socket. */
export const redacted = (url: string): string | undefined => {
  if (url.startsWith('/')) return url
  const parsed = URL.parse(url)
  if (parsed === null || !SCHEMES.has(parsed.protocol)) return undefined
  parsed.username = ''
  parsed.password = ''
  parsed.search = ''
  return parsed.href
}
