import { Pool } from 'undici'
import { answer } from '../../test/fakes/ollama/tokens.ts'
import { hasToken, type Ask, type Wire } from './wire.ts'

export interface Target {
  readonly url: string
  readonly wire: Wire
}

export interface Load {
  readonly count: number
  readonly concurrency: number
  readonly tokens: number
  readonly stream: boolean
}

interface LoadResult {
  readonly wallMs: number
  /** One per request. To the first token for a stream, to the last byte otherwise. */
  readonly latenciesMs: readonly number[]
}

interface Received {
  readonly ask: Ask
  readonly latencyMs: number
  readonly chunks: readonly Buffer[]
}

const silenceMaxMs = 30_000

/**
 * Asks `count` times, `concurrency` at a time, each on its own kept connection. Every answer must be right, byte for
 * byte; that is looked at after the clock has stopped, so that checking costs nobody.
 */
export const runLoad = async (target: Target, load: Load, signal: AbortSignal): Promise<LoadResult> => {
  signal.throwIfAborted()
  const pool = new Pool(target.url, {
    connections: load.concurrency,
    headersTimeout: silenceMaxMs,
    bodyTimeout: silenceMaxMs,
  })
  const abandon = (): void => void pool.destroy(signal.reason as Error)
  signal.addEventListener('abort', abandon)
  const received: Received[] = []
  let asked = 0
  const ask = async (): Promise<void> => {
    while (asked < load.count) {
      asked += 1
      received.push(await exchange(pool, target, { seed: asked, tokens: load.tokens, stream: load.stream }))
    }
  }
  try {
    const startedMs = performance.now()
    await Promise.all(Array.from({ length: load.concurrency }, ask))
    const wallMs = performance.now() - startedMs
    for (const one of received) verify(target, one)
    return { wallMs, latenciesMs: received.map(one => one.latencyMs) }
  } finally {
    signal.removeEventListener('abort', abandon)
    await pool.destroy()
  }
}

const exchange = async (pool: Pool, { url, wire }: Target, ask: Ask): Promise<Received> => {
  const startedMs = performance.now()
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: wire.path,
    headers: { 'content-type': 'application/json' },
    body: wire.body(ask),
  })
  const chunks: Buffer[] = []
  let firstTokenMs: number | undefined
  let head = ''
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    if (!ask.stream || firstTokenMs !== undefined) continue
    head += chunk.toString('latin1')
    if (hasToken(head)) firstTokenMs = performance.now()
  }
  const endedMs = performance.now()
  if (statusCode !== 200)
    throw new Error(`${url}${wire.path} answered ${statusCode}: ${Buffer.concat(chunks).toString().slice(0, 300)}`)
  return { ask, latencyMs: (firstTokenMs ?? endedMs) - startedMs, chunks }
}

const verify = ({ url, wire }: Target, { ask, chunks }: Received): void => {
  const expected = answer(ask.seed, ask.tokens)
  const text = wire.text(ask, Buffer.concat(chunks).toString('utf8'))
  if (text !== expected)
    throw new Error(
      `${url} gave a wrong answer for seed ${ask.seed}: ${JSON.stringify(text.slice(0, 200))} instead of ${JSON.stringify(expected.slice(0, 200))}`,
    )
}
