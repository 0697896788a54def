import { z } from 'zod'
import { hostLoad, loadBelievedMs, type HostLoad } from './load.ts'

const loads = z.array(z.unknown()).max(10_000)

/** What this process has heard of the hosts on the load channel. The caller owns the subscription. */
export class LoadView {
  readonly #heard = new Map<string, { load: HostLoad; atMs: number }>()

  /** What cannot be read is dropped: a newer version's, perhaps. It hides no other host. */
  hear(message: string, nowMs: number): void {
    for (const load of parse(message)) this.#heard.set(load.id, { load, atMs: nowMs })
  }

  /** Closed when nothing was heard of it for `loadBelievedMs`: its worker is gone, or Redis is. */
  get(id: string, nowMs: number): HostLoad | undefined {
    const heard = this.#heard.get(id)
    if (heard === undefined || nowMs - heard.atMs <= loadBelievedMs) return heard?.load
    return { ...heard.load, open: false }
  }

  /** Hosts that have left the configuration are not looked for: `ids` are those that count. */
  all(ids: Iterable<string>, nowMs: number): HostLoad[] {
    return [...ids].flatMap(id => this.get(id, nowMs) ?? [])
  }
}

const parse = (message: string): readonly HostLoad[] => {
  try {
    return loads.parse(JSON.parse(message)).flatMap(load => hostLoad.safeParse(load).data ?? [])
  } catch {
    return []
  }
}
