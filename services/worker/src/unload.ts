import type { Logger } from '@drover/shared/logger'
import type { HostWatch } from './host-watch.ts'
import type { Host } from './hosts/host.ts'
import type { Pins } from './pins.ts'

/** A client's wish that a model leave the memory of a host. */

export interface UnloadView {
  /** The host's own name for each group's model. */
  readonly names: ReadonlyMap<string, string>
  /** In its memory, as it names them. */
  readonly loaded: ReadonlySet<string>
  readonly isPinned: (group: string) => boolean
}

/** Undefined when there is nothing to do: it is not in memory, or it is pinned, under whatever public name. */
export const ownNameToUnload = (group: string, { names, loaded, isPinned }: UnloadView): string | undefined => {
  const ownName = names.get(group)
  if (ownName === undefined || !loaded.has(ownName)) return undefined
  return [...names].some(([other, name]) => name === ownName && isPinned(other)) ? undefined : ownName
}

/** Of one host: one at a time, each model once, because clients ask as often as they like and each waits on a socket. */
export class Unloads {
  readonly #asked = new Set<string>()
  #last: Promise<void> = Promise.resolve()

  /** @param unload never rejects. */
  ask(group: string, unload: () => Promise<void>): Promise<void> {
    if (this.#asked.has(group)) return this.#last
    this.#asked.add(group)
    this.#last = this.#last.then(unload).finally(() => this.#asked.delete(group))
    return this.#last
  }
}

/** Longest wait for the host. */
const unloadMs = 10_000

/** Has the model of a group leave the memory of a host. Answers whether the host was asked to; never rejects. */
export const unloadGroup = async (
  group: string,
  server: Pick<Host, 'load'>,
  watch: Pick<HostWatch, 'names' | 'inMemory' | 'loaded'>,
  pins: Pick<Pins, 'has'>,
  { host, logger }: { readonly host: string; readonly logger: Logger },
): Promise<boolean> => {
  const loaded = new Set([...watch.inMemory, ...watch.loaded(new Set())])
  const model = ownNameToUnload(group, { names: watch.names, loaded, isPinned: other => pins.has(other) })
  if (model === undefined) return false
  try {
    await server.load(model, {}, AbortSignal.timeout(unloadMs), 0)
    logger.info({ host, model }, 'unloaded a model')
  } catch (error) {
    logger.warn({ err: error, host, model }, 'could not unload a model')
  }
  return true
}
