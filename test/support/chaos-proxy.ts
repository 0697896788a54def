import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface ChaosProxy extends AsyncDisposable {
  readonly url: string
  readonly cuts: number
  /** Resets one connection, chosen by `random` in [0, 1): what it had in flight, either way, is lost or was applied. */
  cutOne(random: number): void
  cutAll(): void
  /** Connections stay open and nothing passes, as when a network drops packets. */
  blackhole(on: boolean): void
}

/** A TCP proxy in front of Redis that can be told to misbehave. */
export const startChaosProxy = async (targetUrl: string): Promise<ChaosProxy> => {
  const target = new URL(targetUrl)
  const pairs = new Set<readonly [Socket, Socket]>()
  let cuts = 0
  let silent = false
  const server = createServer(client => {
    const upstream = connect(Number(target.port), target.hostname)
    const pair = [client, upstream] as const
    pairs.add(pair)
    const close = (): void => {
      pairs.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    for (const [from, to] of [pair, [upstream, client]] as const) {
      from.on('data', data => {
        if (!silent) to.write(data)
      })
      from.on('close', close)
      from.on('error', close)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (pair: readonly [Socket, Socket] | undefined): void => {
    if (pair === undefined) return
    cuts += 1
    for (const socket of pair) socket.resetAndDestroy()
    pairs.delete(pair)
  }
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cuts() {
      return cuts
    },
    cutOne: random => cut([...pairs][Math.floor(random * pairs.size)]),
    cutAll: () => {
      for (const pair of pairs) cut(pair)
    },
    blackhole: on => {
      silent = on
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const pair of pairs) for (const socket of pair) socket.destroy()
      await once(server, 'close')
    },
  }
}
