import type { Config, ModelConfig } from '@drover/shared/config/schema'
import type { HostState } from '@drover/shared/fleet'
import { canonicalModel } from '@drover/shared/model-name'

/** Turns what clients call a model into the name of its group. */
export class ModelDirectory {
  readonly #aliases = new Map<string, string>()
  readonly #configs = new Map<string, ModelConfig>()
  readonly #fallbacks = new Map<string, readonly string[]>()
  readonly #showsCloud: boolean
  /** Groups the configuration names: known whether or not a host has them. */
  readonly configured: readonly string[]

  /** @param showsCloud lists models that hosts pass on to ollama.com. */
  constructor(models: Config['models'], showsCloud: boolean) {
    this.#showsCloud = showsCloud
    this.configured = models.map(model => canonicalModel(model.name))
    for (const model of models)
      for (const alias of model.aliases) this.#aliases.set(canonicalModel(alias), canonicalModel(model.name))
    for (const model of models) {
      const group = canonicalModel(model.name)
      this.#configs.set(group, model)
      this.#fallbacks.set(
        group,
        model.fallbacks.map(fallback => this.group(fallback)),
      )
    }
  }

  group(name: string): string {
    const canonical = canonicalModel(name)
    return this.#aliases.get(canonical) ?? canonical
  }

  /** Groups that answer in a group's place, the first of them first. */
  fallbacks(group: string): readonly string[] {
    return this.#fallbacks.get(group) ?? []
  }

  /** Whether a host would pass it on to ollama.com, under its public name or under the one that a host has for it. */
  isCloud(group: string): boolean {
    const hosts = this.#configs.get(group)?.hosts ?? []
    return [group, ...hosts.flatMap(host => (typeof host === 'object' ? (host.model ?? []) : []))].some(isCloudName)
  }

  /** Options that are set on every request for the group, as raw JSON text, beneath the client's own. */
  optionsOf(group: string): Record<string, string> {
    const options = Object.entries(this.#configs.get(group)?.options ?? {})
    return Object.fromEntries(options.map(([name, value]) => [name, JSON.stringify(value)]))
  }

  /** The largest `num_ctx` that clients may ask of the group; undefined where it is not theirs to choose. */
  numCtxMaxOf(group: string): number | undefined {
    return this.#configs.get(group)?.numCtxMax
  }

  /** Every name a client may use, sorted. A model stays listed while its hosts are down: it is refused with 503, not 404. */
  names(hosts: readonly Pick<HostState, 'models'>[]): string[] {
    const all = new Set([...this.configured, ...this.#aliases.keys(), ...hosts.flatMap(host => host.models)])
    return [...all].filter(name => this.#showsCloud || !this.isCloud(this.group(name))).sort()
  }
}

/** Ollama's mark of a model that it has only by name: the tag `cloud`, or one that ends with `-cloud`. */
const isCloudName = (name: string): boolean => /:(?:[^:/]*-)?cloud$/i.test(name)
