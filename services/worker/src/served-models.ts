import type { HostConfig, ModelConfig } from '@drover/shared/config/schema'
import { canonicalModel } from '@drover/shared/model-name'

/**
 * The model groups a host serves, and its own name for each model: those the configuration gives it and, unless its
 * `models` list says otherwise, everything else it has. A model it is said to serve but has not pulled is left out.
 */
export const servedModels = (
  host: Pick<HostConfig, 'id' | 'models'>,
  models: readonly ModelConfig[],
  installed: readonly string[],
): Map<string, string> => {
  const has = new Map(installed.map(name => [canonicalModel(name), name]))
  const served = new Map<string, string>()
  const offered = host.models === 'auto' ? installed : host.models
  const configured = new Set(models.map(model => canonicalModel(model.name)))
  for (const name of offered) {
    const own = has.get(canonicalModel(name))
    if (own !== undefined && !configured.has(canonicalModel(name))) served.set(canonicalModel(name), own)
  }
  for (const model of models) {
    const own = has.get(canonicalModel(nameOnHost(model, host.id) ?? ''))
    if (own !== undefined) served.set(canonicalModel(model.name), own)
  }
  return served
}

/** Requests of a group's model that a host runs at once: what is said of the pair, else of the host. */
export const slotsOf = (
  host: Pick<HostConfig, 'id' | 'slots' | 'modelSlots'>,
  models: readonly ModelConfig[],
  group: string,
): number => {
  const model = models.find(candidate => canonicalModel(candidate.name) === group)
  const pairs = model?.hosts?.filter(pair => typeof pair === 'object') ?? []
  return pairs.find(pair => pair.id === host.id)?.slots ?? host.modelSlots ?? host.slots
}

const nameOnHost = (model: ModelConfig, hostId: string): string | undefined => {
  if (model.hosts === undefined) return model.name
  for (const host of model.hosts) {
    if (host === hostId) return model.name
    if (typeof host === 'object' && host.id === hostId) return host.model ?? model.name
  }
  return undefined
}
