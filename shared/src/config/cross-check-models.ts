import { canonicalModel } from '../model-name.ts'
import type { Findings, Outline } from './cross-check-outline.ts'
import { didYouMean } from './suggest.ts'

type Model = Outline['models'][number]

export const checkModels = (outline: Outline, findings: Findings): void => {
  checkNames(outline, findings)
  const hosts = new Map(outline.hosts.map(host => [host.id, host]))
  const names = modelNames(outline)
  for (const [index, model] of outline.models.entries()) {
    const path = `models[${index}]`
    checkServing(model, path, hosts, findings)
    checkPins(model, path, hosts, findings)
    for (const key of ['fallbacks', 'contextFallbacks'] as const)
      checkFallbacks(model, model[key], `${path}.${key}`, names, findings)
  }
}

const checkNames = ({ models }: Outline, { problems }: Findings): void => {
  const owners = new Map<string, string>()
  const claim = (name: string, path: string): void => {
    if (name === '') return
    const owner = owners.get(canonicalModel(name))
    if (owner === undefined) owners.set(canonicalModel(name), path)
    else problems.push({ path, message: `must be unique; ${owner} is the same name (case and ":latest" do not count)` })
  }
  for (const [index, { name, aliases }] of models.entries()) {
    claim(name, `models[${index}].name`)
    for (const [position, alias] of aliases.entries()) claim(alias, `models[${index}].aliases[${position}]`)
  }
}

type Hosts = ReadonlyMap<string, Outline['hosts'][number]>

const noSuchHost = (id: string, hosts: Hosts): string =>
  `must be the id of a host; there is no host \`${id}\`${didYouMean(id, [...hosts.keys()])}`

const checkServing = (model: Model, path: string, hosts: Hosts, { problems }: Findings): void => {
  const seen = new Set<string>()
  for (const [position, { id, slots }] of (model.hosts ?? []).entries()) {
    const at = `${path}.hosts[${position}]`
    if (id === '') continue
    const host = hosts.get(id)
    const most = host?.slots ?? 1
    if (seen.has(id)) problems.push({ path: at, message: `must be unique; the host \`${id}\` is listed already` })
    else if (host === undefined) problems.push({ path: at, message: noSuchHost(id, hosts) })
    else if (slots !== undefined && slots > most)
      problems.push({
        path: `${at}.slots`,
        message: `must be at most the slots of the host \`${id}\`, which are ${most}`,
      })
    seen.add(id)
  }
}

const checkPins = (model: Model, path: string, hosts: Hosts, { problems, warnings }: Findings): void => {
  const serving = model.hosts?.map(({ id }) => id)
  for (const [position, id] of model.pin.entries()) {
    const at = `${path}.pin[${position}]`
    if (id === '') continue
    if (model.pin.indexOf(id) < position)
      problems.push({ path: at, message: `must be unique; the host \`${id}\` is listed already` })
    else if (!hosts.has(id)) problems.push({ path: at, message: noSuchHost(id, hosts) })
    else if (serving !== undefined && !serving.includes(id))
      problems.push({ path: at, message: `must be one of ${path}.hosts, which does not list \`${id}\`` })
    else if (hosts.get(id)?.type === 'openai')
      warnings.push({
        path: at,
        message: 'has no effect: a host of type openai keeps in memory what it was started with',
      })
  }
}

/** Every name a request may use; undefined where only the hosts know, because they serve whatever they have. */
const modelNames = ({ hosts, models }: Outline): readonly string[] | undefined => {
  const lists = hosts.map(host => host.models)
  if (lists.includes('auto')) return undefined
  return [...lists.flat(), ...models.flatMap(({ name, aliases }) => [name, ...aliases])]
}

/** Circles are fine: only the list of the model that was asked for counts. */
const checkFallbacks = (
  model: Model,
  list: readonly string[],
  path: string,
  names: readonly string[] | undefined,
  { problems }: Findings,
): void => {
  const own = new Set([model.name, ...model.aliases].map(canonicalModel))
  const listed = list.map(canonicalModel)
  const known = names?.map(canonicalModel)
  for (const [position, name] of list.entries()) {
    const at = `${path}[${position}]`
    const canonical = canonicalModel(name)
    if (name === '') continue
    if (own.has(canonical)) problems.push({ path: at, message: 'must be another model than the one it stands in for' })
    else if (listed.indexOf(canonical) < position)
      problems.push({ path: at, message: `must be unique; \`${name}\` is listed already` })
    else if (known !== undefined && !known.includes(canonical))
      problems.push({
        path: at,
        message: `must be a model; no host and no entry of models has \`${name}\`${didYouMean(name, names ?? [])}`,
      })
  }
}
