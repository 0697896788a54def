import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../support/random.ts'
import { mutate, type Mutated } from './mutate.ts'
import { seeds } from './seeds.ts'

/** Sends requests that are wrong or odd and says what no such request may bring about. */

export interface FuzzOptions {
  readonly url: string
  readonly forMs: number
  readonly seed: number
  readonly concurrency: number
  /** Called now and then; `share` is how much of the time is over. */
  readonly onProgress?: (share: number) => void
}

export interface FuzzReport {
  readonly requests: number
  readonly byStatus: ReadonlyMap<number, number>
  /** Of the first of them: what was sent, and what is wrong with the answer. */
  readonly findings: readonly string[]
  readonly findingsCount: number
}

/** No request of these waits for anything but a stand-in host that answers at once. */
const hangMs = 20_000
const findingsMax = 20

export const fuzz = async ({ url, forMs, seed, concurrency, onProgress }: FuzzOptions): Promise<FuzzReport> => {
  using stack = new DisposableStack()
  const agent = stack.adopt(new Agent({ keepAlive: true, maxSockets: concurrency }), it => it.destroy())
  const random = seededRandom(seed)
  const byStatus = new Map<number, number>()
  const findings: string[] = []
  let findingsCount = 0
  let requests = 0
  const startedMs = performance.now()
  const share = (): number => (performance.now() - startedMs) / forMs
  const loop = async (): Promise<void> => {
    while (share() < 1) {
      const start = seeds[Math.floor(random() * seeds.length)]
      if (start === undefined) throw new Error('no seeds')
      const sent = mutate(start, random)
      const { status, finding } = await send(new URL(url), sent, agent)
      requests += 1
      byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
      if (requests % 1_000 === 0) onProgress?.(share())
      if (finding === undefined) continue
      findingsCount += 1
      if (findings.length < findingsMax) findings.push(`${describe(sent)}\n  -> ${finding}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, loop))
  return { requests, byStatus, findings, findingsCount }
}

const describe = ({ method, path, headers, body }: Mutated): string =>
  `${method} ${path.slice(0, 100)} ${JSON.stringify(headers).slice(0, 200)} ${body?.toString('latin1').slice(0, 1_500) ?? ''}`

interface Sent {
  /** 0 when nothing was answered. */
  readonly status: number
  readonly finding: string | undefined
}

/** By hand: a client that is one of ours to test with would refuse to send half of these. */
const send = async (url: URL, { method, path, headers, body, slow }: Mutated, agent: Agent): Promise<Sent> => {
  const { promise, resolve } = Promise.withResolvers<Sent>()
  // Node's client gives the body of a DELETE no length of its own.
  const framed = body === undefined ? headers : { ...headers, 'content-length': String(body.length) }
  const outgoing = request({ host: url.hostname, port: url.port, method, path, headers: framed, agent })
  const patience = setTimeout(() => {
    resolve({ status: 0, finding: `no answer within ${hangMs} ms` })
    outgoing.destroy()
  }, hangMs)
  outgoing.on('response', incoming => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const status = incoming.statusCode ?? 0
      const type = incoming.headers['content-type'] ?? ''
      resolve({ status, finding: judge(status, type, Buffer.concat(chunks).toString('utf8'), method) })
    })
    incoming.on('error', error => resolve({ status: 0, finding: `the answer broke off: ${error.message}` }))
  })
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    // A body that is too large may be cut off while it is being sent, which is a reset to whoever sends.
    const isCut = ['ECONNRESET', 'EPIPE'].includes(error.code ?? '') && (body?.length ?? 0) > 65_536
    resolve({ status: 0, finding: isCut ? undefined : `${error.code} ${error.message}` })
  })
  if (body !== undefined && slow) {
    outgoing.write(body.subarray(0, body.length / 2))
    await delay(50)
    outgoing.end(body.subarray(body.length / 2))
  } else outgoing.end(body)
  const sent = await promise
  clearTimeout(patience)
  return sent
}

const judge = (status: number, type: string, text: string, method: string): string | undefined => {
  if (status >= 500) return `${status} ${text.slice(0, 300)}`
  if (text.includes('internal_error')) return `internal_error in ${text.slice(0, 300)}`
  if (status < 400 || method === 'HEAD') return undefined
  if (!type.startsWith('application/json')) return `${status} as ${type}`
  return isEnvelope(text) ? undefined : `${status} ${text.slice(0, 300)}`
}

const isEnvelope = (text: string): boolean => {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } | string }
    const message = typeof error === 'string' ? error : error?.message
    return typeof message === 'string' && message !== ''
  } catch {
    return false
  }
}
