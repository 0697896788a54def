import type { Config } from '@drover/shared/config/schema'
import type { HostState } from '@drover/shared/fleet'
import { canonicalModel } from '@drover/shared/model-name'

/** Turns what clients call a model into the name of its group. */
export class ModelDirectory {
  readonly #aliases = new Map<string, string>()
  readonly #fallbacks = new Map<string, readonly string[]>()
  /** Groups the configuration names: known whether or not a host has them. */
  readonly configured: readonly string[]

  constructor(models: Config['models']) {
    this.configured = models.map(model => canonicalModel(model.name))
    for (const model of models)
      for (const alias of model.aliases) this.#aliases.set(canonicalModel(alias), canonicalModel(model.name))
    for (const { name, fallbacks } of models)
      this.#fallbacks.set(
        canonicalModel(name),
        fallbacks.map(fallback => this.group(fallback)),
      )
  }

  group(name: string): string {
    const canonical = canonicalModel(name)
    return this.#aliases.get(canonical) ?? canonical
  }

  /** Groups that answer in a group's place, the first of them first. */
  fallbacks(group: string): readonly string[] {
    return this.#fallbacks.get(group) ?? []
  }

  /** Every name a client may use, sorted. A model stays listed while its hosts are down: it is refused with 503, not 404. */
  names(hosts: readonly Pick<HostState, 'models'>[]): string[] {
    return [...new Set([...this.configured, ...this.#aliases.keys(), ...hosts.flatMap(host => host.models)])].sort()
  }
}
