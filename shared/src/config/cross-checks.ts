import { z } from 'zod'
import { canonicalModel } from '../model-name.ts'
import type { ConfigProblem } from './problem.ts'
import { scannerSettings } from './schema.ts'
import { didYouMean } from './suggest.ts'

/**
 * What one value alone cannot show. Reads the input leniently, so that these problems are listed next to those of the
 * schema and not only once all of those are mended.
 */

const text = z.string().catch('')
const textList = z.array(text).catch([])
const lenient = <T extends z.ZodType>(item: T) => z.array(item).catch([])

const servingHost = z.union([z.string(), z.object({ id: text }).transform(({ id }) => id)]).catch('')

const side = z.object({ scanners: textList, settings: z.record(z.string(), z.unknown()).catch({}) })
const noSide = { scanners: [], settings: {} }

const outline = z.object({
  hosts: lenient(z.object({ id: text, url: text }).catch({ id: '', url: '' })),
  models: lenient(
    z
      .object({
        name: text,
        aliases: textList,
        hosts: lenient(servingHost),
      })
      .catch({ name: '', aliases: [], hosts: [] }),
  ),
  guard: z.object({ input: side.catch(noSide), output: side.catch(noSide) }).catch({ input: noSide, output: noSide }),
  server: z.object({ host: z.string().catch('127.0.0.1'), keys: z.unknown().optional() }).catch({ host: '127.0.0.1' }),
})
type Outline = z.infer<typeof outline>

export interface Findings {
  readonly problems: ConfigProblem[]
  readonly warnings: ConfigProblem[]
}

/** @param input with its references filled in. */
export const crossCheck = (input: unknown): Findings => {
  const read = outline.safeParse(input)
  const findings: Findings = { problems: [], warnings: [] }
  if (!read.success) return findings
  checkHosts(read.data, findings)
  checkModelNames(read.data, findings)
  checkServing(read.data, findings)
  checkGuard(read.data, findings)
  checkServer(read.data, findings)
  return findings
}

/** `localhost` and an explicit default port are the same place. */
const place = (url: string): string => {
  const parsed = URL.parse(url)
  if (parsed === null) return url
  return `${parsed.protocol}//${parsed.hostname === 'localhost' ? '127.0.0.1' : parsed.hostname}:${parsed.port}`
}

const checkHosts = ({ hosts }: Outline, { problems, warnings }: Findings): void => {
  const ids = new Map<string, number>()
  const places = new Map<string, number>()
  for (const [index, { id, url }] of hosts.entries()) {
    const sameId = ids.get(id)
    if (id !== '' && sameId !== undefined)
      problems.push({
        path: `hosts[${index}].id`,
        message: `must be unique; hosts[${sameId}] has the id \`${id}\` too`,
      })
    else ids.set(id, index)
    const samePlace = places.get(place(url))
    if (url !== '' && samePlace !== undefined)
      warnings.push({
        path: `hosts[${index}].url`,
        message: `hosts[${samePlace}] is the same server, which will get the slots of both`,
      })
    else places.set(place(url), index)
  }
}

const checkModelNames = ({ models }: Outline, { problems }: Findings): void => {
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

const checkServing = ({ hosts, models }: Outline, { problems }: Findings): void => {
  const ids = new Set(hosts.map(({ id }) => id))
  for (const [index, model] of models.entries()) {
    const seen = new Set<string>()
    for (const [position, id] of model.hosts.entries()) {
      const path = `models[${index}].hosts[${position}]`
      if (id === '') continue
      if (seen.has(id)) problems.push({ path, message: `must be unique; the host \`${id}\` is listed already` })
      else if (!ids.has(id))
        problems.push({
          path,
          message: `must be the id of a host; there is no host \`${id}\`${didYouMean(id, [...ids])}`,
        })
      seen.add(id)
    }
  }
}

const checkGuard = ({ guard }: Outline, { problems, warnings }: Findings): void => {
  for (const sideName of ['input', 'output'] as const) {
    const { scanners, settings } = guard[sideName]
    for (const scanner of new Set(scanners)) {
      const path = `guard.${sideName}.settings.${scanner}`
      const needed = Object.hasOwn(scannerSettings.shape, scanner)
        ? Object.entries(scannerSettings.shape)
            .find(([name]) => name === scanner)?.[1]
            .unwrap()
            .safeParse({}).error
        : undefined
      if (needed === undefined || Object.hasOwn(settings, scanner)) continue
      const keys = needed.issues.map(issue => `\`${issue.path.join('.')}\``).join(', ')
      problems.push({ path, message: `is missing; the scanner ${scanner} needs its ${keys}` })
    }
    for (const scanner of Object.keys(settings).filter(name => !scanners.includes(name)))
      warnings.push({
        path: `guard.${sideName}.settings.${scanner}`,
        message: `has no effect: guard.${sideName}.scanners does not list ${scanner}`,
      })
  }
}

const isLoopback = (host: string): boolean => /^(localhost|::1|\[::1\]|127(\.\d{1,3}){3})$/i.test(host)

const shortKeyChars = 16

const checkServer = ({ server: { host, keys } }: Outline, { problems, warnings }: Findings): void => {
  if ((keys === undefined || (Array.isArray(keys) && keys.length === 0)) && !isLoopback(host))
    problems.push({
      path: 'server.host',
      message:
        `must be 127.0.0.1 while server.keys is empty: on ${host} anybody could use the hosts; ` +
        'add a key, for instance keys: [os.environ/DROVER_KEY]',
    })
  for (const [index, key] of (Array.isArray(keys) ? keys : []).entries())
    if (typeof key === 'string' && key.length < shortKeyChars)
      warnings.push({
        path: `server.keys[${index}]`,
        message: `is easy to guess; use ${shortKeyChars} characters or more`,
      })
}
