import type { z } from 'zod'
import { checkModels } from './cross-check-models.ts'
import type { Findings, ListenerOutline, Outline } from './cross-check-outline.ts'
import { outline } from './cross-check-outline.ts'
import { scannerSettings } from './guard-schema.ts'

/**
 * What one value alone cannot show. Reads the input leniently, so that these problems are listed next to those of the
 * schema and not only once all of those are mended.
 *
 * @param input with its references filled in.
 */
export const crossCheck = (input: unknown): Findings => {
  const read = outline.safeParse(input)
  const findings: Findings = { problems: [], warnings: [] }
  if (!read.success) return findings
  checkHosts(read.data, findings)
  checkModels(read.data, findings)
  checkGuard(read.data, findings)
  checkListeners(read.data, findings)
  return findings
}

/** `localhost`, an explicit default port and credentials make no other server of it. */
export const serverOf = (url: string): string => {
  const parsed = URL.parse(url)
  if (parsed === null) return url
  return `${parsed.protocol}//${parsed.hostname === 'localhost' ? '127.0.0.1' : parsed.hostname}:${parsed.port}`
}

const checkHosts = ({ hosts, models }: Outline, { problems, warnings }: Findings): void => {
  const ids = new Map<string, number>()
  const servers = new Map<string, number>()
  for (const [index, { id, url, slots = 1, modelSlots, models: offered }] of hosts.entries()) {
    const path = `hosts[${index}]`
    const sameId = ids.get(id)
    if (id !== '' && sameId !== undefined)
      problems.push({ path: `${path}.id`, message: `must be unique; hosts[${sameId}] has the id \`${id}\` too` })
    else ids.set(id, index)
    const sameServer = servers.get(serverOf(url))
    // Each of the two would give it all of its slots.
    if (url !== '' && sameServer !== undefined)
      problems.push({
        path: `${path}.url`,
        message: `must be another server than that of hosts[${sameServer}]; limits per model are models[].hosts[].slots`,
      })
    else servers.set(serverOf(url), index)
    if (modelSlots !== undefined && modelSlots > slots)
      problems.push({ path: `${path}.modelSlots`, message: `must be at most ${path}.slots, which is ${slots}` })
    const serves = offered.length > 0 || models.some(model => model.hosts?.some(host => host.id === id) ?? true)
    if (id !== '' && !serves)
      warnings.push({
        path: `${path}.models`,
        message: 'is empty, and no entry of models lists the host: it serves nothing',
      })
  }
}

const checkGuard = ({ guard, server }: Outline, findings: Findings): void => {
  checkSides(guard, 'guard', findings)
  guard.overrides.forEach((override, index) => {
    const path = `guard.overrides[${index}]`
    if (override.isForAll && index < guard.overrides.length - 1)
      findings.warnings.push({ path, message: 'has neither models nor keys, so those after it have no effect' })
    checkSides(override, path, findings)
    override.keys.forEach((key, nth) => {
      if (!listOf(server.keys).includes(key))
        findings.warnings.push({ path: `${path}.keys[${nth}]`, message: 'has no effect: it is none of server.keys' })
    })
  })
}

const checkSides = (
  sides: Pick<Outline['guard'], 'input' | 'output'>,
  at: string,
  { problems, warnings }: Findings,
) => {
  for (const sideName of ['input', 'output'] as const) {
    const { scanners, settings } = sides[sideName]
    const shape: Readonly<Record<string, z.ZodOptional<z.ZodType>>> = scannerSettings[sideName].shape
    for (const scanner of new Set(scanners)) {
      const path = `${at}.${sideName}.settings.${scanner}`
      const needed = Object.hasOwn(shape, scanner) ? shape[scanner]?.unwrap().safeParse({}).error : undefined
      if (needed === undefined || Object.hasOwn(settings, scanner)) continue
      const keys = needed.issues.map(issue => `\`${issue.path.join('.')}\``).join(', ')
      problems.push({ path, message: `is missing; the scanner ${scanner} needs its ${keys}` })
    }
    for (const scanner of Object.keys(settings).filter(name => !scanners.includes(name)))
      warnings.push({
        path: `${at}.${sideName}.settings.${scanner}`,
        message: `has no effect: ${at}.${sideName}.scanners does not list ${scanner}`,
      })
  }
}

const isLoopback = (host: string): boolean => /^(localhost|::1|\[::1\]|127(\.\d{1,3}){3})$/i.test(host)

const shortKeyChars = 16

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

const checkListeners = ({ server, admin }: Outline, findings: Findings): void => {
  checkListener(
    'server',
    server,
    'anybody could use the hosts; add a key, for instance keys: [os.environ/DROVER_KEY]',
    findings,
  )
  checkListener(
    'admin',
    admin,
    'anybody could drain the hosts; add a key, for instance keys: [os.environ/DROVER_ADMIN_KEY]',
    findings,
  )
  if (admin.port !== undefined && admin.port !== 0 && admin.port === (server.port ?? 8_000))
    findings.problems.push({
      path: 'admin.port',
      message: 'must be another port than server.port; it may go: the next one is taken',
    })
  for (const [index, key] of listOf(admin.keys).entries())
    if (listOf(server.keys).includes(key))
      findings.warnings.push({
        path: `admin.keys[${index}]`,
        message: 'is one of server.keys too: every client could drain hosts',
      })
}

const checkListener = (
  section: 'server' | 'admin',
  { host, keys }: ListenerOutline,
  risk: string,
  { problems, warnings }: Findings,
): void => {
  if ((keys === undefined || (Array.isArray(keys) && keys.length === 0)) && !isLoopback(host))
    problems.push({
      path: `${section}.host`,
      message: `must be 127.0.0.1 while ${section}.keys is empty: on ${host} ${risk}`,
    })
  for (const [index, key] of listOf(keys).entries())
    if (typeof key === 'string' && key.length < shortKeyChars)
      warnings.push({
        path: `${section}.keys[${index}]`,
        message: `is easy to guess; use ${shortKeyChars} characters or more`,
      })
}
