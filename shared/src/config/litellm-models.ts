import { isDeepStrictEqual } from 'node:util'
import { canonicalModel } from '../model-name.ts'
import { serverOf } from './cross-checks.ts'
import type { Deployment } from './litellm-deployment.ts'
import { readDeployment } from './litellm-deployment.ts'
import type { Conversion, Found, Section } from './litellm-section.ts'
import { asText } from './problem.ts'
import { hasReference } from './references.ts'

/** `model_list`: each distinct `api_base` becomes a host, each public name a model, repeated names a group. */

export interface HostDraft {
  id: string
  type?: 'openai'
  url: unknown
  apiKey?: unknown
  slots?: unknown
  weight?: unknown
  /** None but those of the file, under the names of the file; `auto` for a wildcard. */
  models: [] | 'auto'
}

export interface ModelDraft {
  name: string
  aliases?: string[]
  hosts: (string | { id: string; model?: string; slots?: unknown })[]
  fallbacks?: string[]
  contextFallbacks?: string[]
  options?: Record<string, unknown>
}

export interface Fleet {
  readonly hosts: HostDraft[]
  readonly models: ModelDraft[]
}

/** @param defaultSlots `router_settings.default_max_parallel_requests` */
export const convertModels = (items: readonly Section[], defaultSlots: Found | undefined, to: Conversion): Fleet => {
  const read = items.flatMap(item => readDeployment(item, to) ?? [])
  const deployments = withoutRepeated(read, to)
  if (deployments.length === 0)
    to.problems.push({
      path: 'model_list',
      message:
        'must have an entry for a model on a host, such as {model_name: llama3.2, litellm_params: {model: ollama_chat/llama3.2}}',
    })
  to.origins.set('hosts', 'model_list')
  const { hosts, byUrl } = draftHosts(deployments, defaultSlots, to)
  const models = draftModels(deployments, byUrl, to)
  return { hosts, models }
}

const withoutRepeated = (deployments: readonly Deployment[], to: Conversion): Deployment[] => {
  const seen = new Set<string>()
  return deployments.filter(({ publicName, url, path }) => {
    const key = `${urlKey(url.value)} ${canonicalModel(publicName)}`
    if (seen.has(key)) to.warnings.push({ path, message: 'this entry is left out: a host serves a public name once' })
    const isFirst = !seen.has(key)
    seen.add(key)
    return isFirst
  })
}

/** `10.0.0.11:11434` is `10.0.0.11`; another port is part of the id; a reference gives the name of its variable. */
const readableId = (url: unknown): string => {
  const parsed = typeof url === 'string' && !hasReference(url) ? URL.parse(url) : null
  const named =
    parsed === null
      ? asText(url)
          .replace('os.environ/', '')
          .replace(/^https?:\/\//, '')
      : parsed.hostname + (parsed.port === '11434' ? '' : `-${parsed.port || parsed.protocol.slice(0, -1)}`)
  const id = named
    .toLowerCase()
    .slice(0, 200)
    .replaceAll(/[^a-z0-9._-]+/g, '-')
  return /[a-z0-9][a-z0-9._-]{0,50}/.exec(id)?.[0].replace(/[._-]$/, '') ?? 'host'
}

const isReference = (value: unknown): value is string => typeof value === 'string' && hasReference(value)

/** What makes two addresses one server; a reference is an address of its own. */
const urlKey = (url: unknown): string => (typeof url === 'string' && !isReference(url) ? serverOf(url) : asText(url))

const draftHosts = (deployments: readonly Deployment[], defaultSlots: Found | undefined, to: Conversion) => {
  const ids = new Set<string>()
  const byUrl = new Map<string, HostDraft>()
  for (const [key, entries] of Map.groupBy(deployments, ({ url }) => urlKey(url.value))) {
    const path = `hosts[${byUrl.size}]`
    const [{ path: entryPath, url }] = entries as [Deployment, ...Deployment[]]
    const host: HostDraft = {
      id: uniqueId(readableId(url.value), ids),
      url: url.value,
      models: entries.some(({ model }) => model === '*') ? 'auto' : [],
    }
    to.origins.set(path, entryPath)
    to.origins.set(`${path}.url`, url.path)
    to.origins.set(`${path}.id`, url.path)
    // A server that is called as Ollama by one of its entries is one, and serves all of them as such.
    if (entries.every(({ type }) => type === 'openai')) host.type = 'openai'
    const found = {
      apiKey: oneOf(
        entries.flatMap(({ apiKey }) => apiKey ?? []),
        host.id,
        to,
      ),
      slots: slotsOfHost(entries, to) ?? defaultSlots,
      weight: largestWeight(entries, host.id, to),
    }
    for (const name of ['apiKey', 'slots', 'weight'] as const) {
      if (found[name] === undefined) continue
      host[name] = found[name].value
      to.origins.set(`${path}.${name}`, found[name].path)
    }
    if (host.slots === undefined)
      to.warnings.push({
        path: url.path,
        message:
          'no max_parallel_requests, so the host gets one request at a time; set it to ' +
          (host.type === 'openai' ? 'how many it runs at once' : 'its OLLAMA_NUM_PARALLEL'),
      })
    byUrl.set(key, host)
  }
  return { hosts: [...byUrl.values()], byUrl }
}

/** A reference cannot be added up or compared, and counts as nothing; so does what the schema will refuse. */
const size = ({ value }: Found): number => (typeof value === 'number' && value > 0 ? value : 0)

const largest = (found: readonly Found[]): Found | undefined =>
  found.reduce<Found | undefined>(
    (best, other) => (best !== undefined && size(best) >= size(other) ? best : other),
    undefined,
  )

/**
 * LiteLLM limits each entry by itself, and a host runs several models side by side: it gets the sum over its models.
 * Entries for one model of the host share that model's.
 */
const slotsOfHost = (entries: readonly Deployment[], to: Conversion): Found | undefined => {
  const byModel = Map.groupBy(entries, ({ model }) => canonicalModel(model)).values()
  const perModel = [...byModel].flatMap(same => largest(same.flatMap(({ slots }) => slots ?? [])) ?? [])
  const [first] = perModel
  if (first === undefined || perModel.length === 1) return first
  for (const { value, path } of perModel)
    if (isReference(value))
      to.warnings.push({
        path,
        message: 'a reference cannot be added up; the slots of the host are those of its other entries',
      })
  const sum = perModel.reduce((sum, slots) => sum + size(slots), 0)
  return sum === 0 ? first : { value: Math.min(sum, hostSlotsMax), path: first.path }
}

const hostSlotsMax = 1_024

const largestWeight = (entries: readonly Deployment[], hostId: string, to: Conversion): Found | undefined => {
  const given = entries.flatMap(({ weight }) => weight ?? [])
  return oneOf(given, hostId, to, largest(given))
}

/** What counts of all that is said of a host; the others are warned of. */
const oneOf = (
  given: readonly Found[],
  hostId: string,
  to: Conversion,
  chosen: Found | undefined = given[0],
): Found | undefined => {
  for (const { value, path } of given)
    if (value !== chosen?.value)
      to.warnings.push({ path, message: `${hostId} is one host, so ${chosen?.path} counts for all its models` })
  return chosen
}

const uniqueId = (id: string, taken: Set<string>): string => {
  let unique = id
  for (let count = 2; taken.has(unique); count += 1) unique = `${id}-${count}`
  taken.add(unique)
  return unique
}

const draftModels = (
  deployments: readonly Deployment[],
  byUrl: ReadonlyMap<string, HostDraft>,
  to: Conversion,
): ModelDraft[] => {
  for (const { model, path } of deployments)
    if (model === '*')
      to.warnings.push({ path, message: 'all models of the host are served, each under the name the host gives it' })
  const named = deployments.filter(({ model }) => model !== '*')
  return [...Map.groupBy(named, ({ publicName }) => canonicalModel(publicName)).values()].map((group, index) => {
    const [first] = group as [Deployment, ...Deployment[]]
    const path = `models[${index}]`
    const options = optionsOf(first)
    to.origins.set(path, first.path)
    to.origins.set(`${path}.name`, first.namePath)
    for (const [name, option] of first.options) to.origins.set(`${path}.options.${name}`, option.path)
    const draft: ModelDraft = { name: first.publicName, hosts: draftServing(group, byUrl, path, to) }
    return Object.keys(options).length === 0 ? draft : { ...draft, options }
  })
}

const optionsOf = ({ options }: Deployment): Record<string, unknown> =>
  Object.fromEntries([...options].map(([name, { value }]) => [name, value]))

const draftServing = (
  group: readonly Deployment[],
  byUrl: ReadonlyMap<string, HostDraft>,
  path: string,
  to: Conversion,
): ModelDraft['hosts'] => {
  const [first] = group as [Deployment, ...Deployment[]]
  return group.map((entry, index) => {
    const at = `${path}.hosts[${index}]`
    to.origins.set(at, entry.path)
    if (entry.slots !== undefined) to.origins.set(`${at}.slots`, entry.slots.path)
    if (!isDeepStrictEqual(optionsOf(first), optionsOf(entry)))
      to.warnings.push({
        path: entry.path,
        message: `options belong to the public name, so those of ${first.path} count`,
      })
    return servingOf(entry, byUrl.get(urlKey(entry.url.value)) as HostDraft, first.publicName)
  })
}

const servingOf = ({ model, slots }: Deployment, { id, slots: all }: HostDraft, publicName: string) => {
  // Without slots of its own a model may use all of the host's; a reference was not counted in those.
  const own = slots === undefined || slots.value === all || isReference(slots.value) ? {} : { slots: slots.value }
  const name = model === publicName ? {} : { model }
  return Object.keys({ ...own, ...name }).length === 0 ? id : { id, ...name, ...own }
}
