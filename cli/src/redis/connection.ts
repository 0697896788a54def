import { createRedis } from '@drover/shared/redis/client'

type Redis = ReturnType<typeof createRedis>

export type Connection = { ok: true; redis: Redis } | { ok: false; error: NodeJS.ErrnoException }

/**
 * Connects to a Redis that is ready: one that still loads its data is not. The caller ends the connection.
 * @param onError `retry`: goes on until `signal` is aborted; `give up`: the first error is the answer.
 */
export const connect = (url: string, signal: AbortSignal, onError: 'retry' | 'give up'): Promise<Connection> =>
  new Promise(resolve => {
    const redis = createRedis(url, 'producer')
    let lastError: Error = new Error('no answer in time')
    const give = (): void => {
      signal.removeEventListener('abort', give)
      redis.disconnect()
      resolve({ ok: false, error: lastError })
    }
    redis.on('error', error => {
      lastError = error
      if (onError === 'give up') give()
    })
    redis.once('ready', () => {
      signal.removeEventListener('abort', give)
      resolve({ ok: true, redis })
    })
    signal.addEventListener('abort', give, { once: true })
  })

/** Settles when the Redis at `url` is ready and is process `pid`; rejects when it is another, or `signal` is aborted. */
export const whenReady = async (url: string, pid: number, signal: AbortSignal): Promise<void> => {
  const connection = await connect(url, signal, 'retry')
  if (!connection.ok) throw connection.error
  try {
    const info = await connection.redis.info('server')
    if (/^process_id:(\d+)/m.exec(info)?.[1] !== String(pid))
      throw new Error(`another server answers instead of ${pid}`)
  } finally {
    connection.redis.disconnect()
  }
}
