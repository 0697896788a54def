import { loadConfig } from '@drover/shared/config/load'
import { hideCredentials } from '@drover/shared/config/problem'
import { readConfigText } from '@drover/shared/config/read-file'
import { adminPort } from '@drover/shared/config/ports'
import type { Config, ModelConfig } from '@drover/shared/config/schema'
import type { Io } from '../io.ts'
import { exitCodes } from './exit-codes.ts'

/** `drover config check FILE`: says what drover would run with, or every problem. */
export const checkConfig = async (file: string, io: Pick<Io, 'env' | 'out' | 'err'>): Promise<number> => {
  const read = await readConfigText(file)
  if (!read.ok) {
    for (const { path, message } of read.problems) io.err(`${path}: ${message}`)
    return exitCodes.unreadable
  }
  const loaded = loadConfig(read.text, { fileName: file, env: io.env })
  if (!loaded.ok) {
    for (const { path, message } of loaded.problems) io.err(`${path}: ${message}`)
    io.err(`${file} has ${count(loaded.problems.length, 'problem')}`)
    return exitCodes.refused
  }
  const refused = await problemOfGuard(loaded.config)
  if (refused !== undefined) {
    io.err(`guard: ${refused}`)
    return exitCodes.refused
  }
  for (const warning of loaded.warnings) io.out(`warning: ${warning}`)
  io.out(`${file} is valid\n${summary(loaded.config)}`)
  return exitCodes.ok
}

/** What a guard would refuse to start with, which no schema tells: a list that is not there, a replacement that is banned. */
const problemOfGuard = async (config: Config): Promise<string | undefined> => {
  if (!config.guard.enabled) return undefined
  // Its scanners take a moment to load, which files that are refused need not wait for.
  const { guardProblem } = await import('@drover/guard/guards')
  return guardProblem(config)
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

const listener = (host: string, port: number, keys: readonly string[]): string =>
  `${host}:${port}, ${keys.length === 0 ? 'no key' : count(keys.length, 'key')}`

/** `gpu-1 (llama3.1:8b, 2 slots)` */
const serving = (host: NonNullable<ModelConfig['hosts']>[number]): string => {
  if (typeof host === 'string') return host
  const more = [host.model, host.slots === undefined ? undefined : count(host.slots, 'slot')]
  const text = more.filter(part => part !== undefined).join(', ')
  return text === '' ? host.id : `${host.id} (${text})`
}

const summary = (config: Config): string => {
  const { hosts, models, guard, server, admin } = config
  const scanners = (side: 'input' | 'output'): string => guard[side].scanners.join(', ') || 'nothing'
  const rows = [
    ['hosts', count(hosts.length, 'host')],
    ...hosts.map(({ id, url, slots, modelSlots = slots, models }) => [
      '',
      `${id}  ${hideCredentials(url)}  ${count(slots, 'slot')}${modelSlots < slots ? `, ${modelSlots} per model` : ''}, models: ${models === 'auto' ? 'whatever it has' : models.join(', ') || 'those below'}`,
    ]),
    ['models', models.length === 0 ? 'whatever the hosts have' : count(models.length, 'model')],
    ...models.map(({ name, aliases, hosts, pin, fallbacks, contextFallbacks }) => [
      '',
      [
        name,
        aliases.length > 0 ? `also ${aliases.join(', ')}` : '',
        `on ${hosts?.map(serving).join(', ') ?? 'every host that has it'}`,
        pin.length > 0 ? `pinned to ${pin.join(', ')}` : '',
        fallbacks.length > 0 ? `else ${fallbacks.join(', ')}` : '',
        contextFallbacks.length > 0 ? `for long prompts ${contextFallbacks.join(', ')}` : '',
      ]
        .filter(part => part !== '')
        .join('  '),
    ]),
    ['strategy', config.strategy],
    ['guard', guard.enabled ? `input: ${scanners('input')}; output: ${scanners('output')}` : 'off'],
    ['server', listener(server.host, server.port, server.keys)],
    ['admin', listener(admin.host, adminPort(config), admin.keys)],
  ]
  return rows.map(([name = '', value]) => `  ${name.padEnd(10)}${value}`).join('\n')
}
