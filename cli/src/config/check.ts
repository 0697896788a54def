import { loadConfig } from '@drover/shared/config/load'
import { hideCredentials } from '@drover/shared/config/problem'
import { readConfigText } from '@drover/shared/config/read-file'
import type { Config } from '@drover/shared/config/schema'
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
  for (const warning of loaded.warnings) io.out(`warning: ${warning}`)
  io.out(`${file} is valid\n${summary(loaded.config)}`)
  return exitCodes.ok
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

const summary = (config: Config): string => {
  const { hosts, models, guard, server } = config
  const scanners = (side: 'input' | 'output'): string => guard[side].scanners.join(', ') || 'nothing'
  const rows = [
    ['hosts', count(hosts.length, 'host')],
    ...hosts.map(({ id, url, slots, models }) => [
      '',
      `${id}  ${hideCredentials(url)}  ${count(slots, 'slot')}, models: ${models === 'auto' ? 'whatever it has' : models.join(', ') || 'those below'}`,
    ]),
    ['models', models.length === 0 ? 'whatever the hosts have' : count(models.length, 'model')],
    ...models.map(({ name, aliases, hosts }) => [
      '',
      [
        name,
        aliases.length > 0 ? `also ${aliases.join(', ')}` : '',
        `on ${hosts?.map(host => (typeof host === 'string' ? host : `${host.id} (${host.model})`)).join(', ') ?? 'every host that has it'}`,
      ]
        .filter(part => part !== '')
        .join('  '),
    ]),
    ['strategy', config.strategy],
    ['guard', guard.enabled ? `input: ${scanners('input')}; output: ${scanners('output')}` : 'off'],
    [
      'server',
      `${server.host}:${server.port}, ${server.keys.length === 0 ? 'no key' : count(server.keys.length, 'key')}`,
    ],
  ]
  return rows.map(([name = '', value]) => `  ${name.padEnd(10)}${value}`).join('\n')
}
