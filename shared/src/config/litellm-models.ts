import { asText } from './problem.ts'
import { isDeepStrictEqual } from 'node:util'
import { canonicalModel } from '../model-name.ts'
import type { Deployment } from './litellm-deployment.ts'
import { readDeployment } from './litellm-deployment.ts'
import type { Conversion, Found, Section } from './litellm-section.ts'
import { hasReference } from './references.ts'

/** `model_list`: each distinct `api_base` becomes a host, each public name a model, repeated names a group. */

export interface HostDraft {
  id: string
  url: unknown
  slots?: unknown
  weight?: unknown
  /** None but those of the file, under the names of the file; `auto` for a wildcard. */
  models: [] | 'auto'
}

export interface ModelDraft {
  name: string
  aliases?: string[]
  hosts: (string | { id: string; model: string })[]
  options?: Record<string, unknown>
}

export interface Fleet {
  readonly hosts: HostDraft[]
  readonly models: ModelDraft[]
}

/** @param defaultSlots `router_settings.default_max_parallel_requests` */
export const convertModels = (items: readonly Section[], defaultSlots: Found | undefined, to: Conversion): Fleet => {
  const deployments = items.flatMap(item => readDeployment(item, to) ?? [])
  if (deployments.length === 0)
    to.problems.push({
      path: 'model_list',
      message:
        'must have an entry for an Ollama model, such as {model_name: llama3.2, litellm_params: {model: ollama_chat/llama3.2}}',
    })
  to.origins.set('hosts', 'model_list')
  const { hosts, byUrl } = draftHosts(deployments, defaultSlots, to)
  const models = draftModels(deployments, byUrl, to)
  return { hosts, models }
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

const urlKey = (url: unknown): string => {
  const parsed = typeof url === 'string' && !hasReference(url) ? URL.parse(url) : null
  return parsed?.href ?? asText(url)
}

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
    for (const name of ['slots', 'weight'] as const) {
      const found = largest(entries, name, host.id, to) ?? (name === 'slots' ? defaultSlots : undefined)
      if (found === undefined) continue
      host[name] = found.value
      to.origins.set(`${path}.${name}`, found.path)
    }
    warnOfHost(host, url.path, to)
    byUrl.set(key, host)
  }
  return { hosts: [...byUrl.values()], byUrl }
}

const size = ({ value }: Found): number => (typeof value === 'number' ? value : 0)

/** What the entries of one host say of it together. A reference cannot be compared and counts as the smallest. */
const largest = (entries: readonly Deployment[], name: 'slots' | 'weight', hostId: string, to: Conversion) => {
  const given = entries.flatMap(entry => entry[name] ?? [])
  const [first, ...others] = given
  if (first === undefined) return undefined
  const chosen = others.reduce((best, other) => (size(other) > size(best) ? other : best), first)
  for (const { value, path } of given)
    if (value !== chosen.value)
      to.warnings.push({ path, message: `${hostId} is one host, so ${chosen.path} counts for all its models` })
  return chosen
}

const warnOfHost = (host: HostDraft, path: string, to: Conversion): void => {
  if (host.weight !== undefined)
    to.warnings.push({ path, message: 'its weight is kept, but counts only under weighted, which arrives later' })
  if (host.slots === undefined)
    to.warnings.push({
      path,
      message: 'no max_parallel_requests, so the host gets one request at a time; set it to its OLLAMA_NUM_PARALLEL',
    })
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
    const options = Object.fromEntries([...first.options].map(([name, { value }]) => [name, value]))
    to.origins.set(`models[${index}]`, first.path)
    to.origins.set(`models[${index}].name`, first.namePath)
    for (const [name, { path }] of first.options) to.origins.set(`models[${index}].options.${name}`, path)
    const hosts = new Map<string, string>()
    for (const { model, url, path, options: own } of group) {
      const { id } = byUrl.get(urlKey(url.value)) as HostDraft
      if (hosts.has(id)) to.warnings.push({ path, message: 'this entry is left out: a host serves a public name once' })
      else {
        to.origins.set(`models[${index}].hosts[${hosts.size}]`, path)
        hosts.set(id, model)
        if (!isDeepStrictEqual(options, Object.fromEntries([...own].map(([name, { value }]) => [name, value]))))
          to.warnings.push({ path, message: `options belong to the public name, so those of ${first.path} count` })
      }
    }
    const draft: ModelDraft = {
      name: first.publicName,
      hosts: [...hosts].map(([id, model]) => (model === first.publicName ? id : { id, model })),
    }
    return Object.keys(options).length === 0 ? draft : { ...draft, options }
  })
}
