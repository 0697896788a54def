import { aborted, announceReady, shutdownSignal } from '@drover/shared/lifecycle'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent } from 'undici'
import { seededRandom } from '../../../test/support/random.ts'

/**
 * How others choose a host: at once, by what this one process knows. Bytes pass through as they are; the hosts queue what they cannot run.
 *
 * node bench/src/schedule/peers.ts POLICY SEED HOST_URL…
 */

interface Host {
  readonly url: string
  inFlight: number
}

const policies: Record<string, (hosts: readonly Host[], random: () => number) => () => Host> = {
  'round-robin': hosts => {
    let turn = 0
    return () => hosts[turn++ % hosts.length]!
  },
  random: (hosts, random) => () => hosts[Math.floor(random() * hosts.length)]!,
  'least-connections': (hosts, random) => () => {
    const least = Math.min(...hosts.map(host => host.inFlight))
    const candidates = hosts.filter(host => host.inFlight === least)
    return candidates[Math.floor(random() * candidates.length)]!
  },
}

const [policy = '', seed = '', ...urls] = process.argv.slice(2)
const hosts = urls.map(url => ({ url, inFlight: 0 }))
const choose = policies[policy]?.(hosts, seededRandom(Number(seed)))
if (choose === undefined || hosts.length === 0)
  throw new Error(`usage: node bench/src/schedule/peers.ts ${Object.keys(policies).join('|')} SEED HOST_URL…`)
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 })

const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
  const left = new AbortController()
  response.on('close', () => left.abort())
  const host = choose()
  host.inFlight++
  try {
    const reply = await agent.request({
      origin: host.url,
      method: 'POST',
      path: request.url ?? '/',
      headers: { 'content-type': 'application/json' },
      body,
      signal: left.signal,
    })
    response.writeHead(reply.statusCode, { 'content-type': String(reply.headers['content-type']) })
    for await (const chunk of reply.body as AsyncIterable<Buffer>) response.write(chunk)
    response.end()
  } catch {
    // Whoever left needs no answer, and a host that is lost ends the answer without a word.
    response.destroy()
  } finally {
    host.inFlight--
  }
}

const server = createServer((request, response) => void pass(request, response).catch(() => response.destroy()))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const shutdown = shutdownSignal()
announceReady({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
await aborted(shutdown)
process.exit(0)
