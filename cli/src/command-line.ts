import { scannerSettings } from '@drover/shared/config/guard-schema'
import { sides, type Side } from '@drover/shared/guard-rules'
import { didYouMean } from '@drover/shared/config/suggest'
import { parseArgs } from 'node:util'
import type { AdminOptions } from './admin/target.ts'

export interface UpOptions {
  config?: string
  port?: number
  redis?: string
  demo: boolean
}

export interface ScanOptions {
  direction: Side
  /** Empty: those of the configuration. */
  scanners: readonly string[]
  config?: string
}

export type Command =
  | { name: 'up'; options: UpOptions }
  | { name: 'config check' | 'config convert'; file: string }
  | { name: 'drain' | 'undrain'; host: string; options: AdminOptions }
  | { name: 'strategy'; strategy: string | undefined; options: AdminOptions }
  | { name: 'scan'; options: ScanOptions }
  | { name: 'help' | 'version' }
  | { name: 'usage'; message: string }

export const usage = `drover: one queue in front of your Ollama hosts, behind one endpoint for clients of OpenAI, Anthropic and Ollama

  drover [up] [options]        start everything; stop with Ctrl-C
    --config FILE              configuration, drover's own or LiteLLM's (default: DROVER_CONFIG, then ./drover.yaml,
                               then the Ollama at OLLAMA_HOST, then a demo fleet)
    --port N                   port to listen on (default 8000)
    --redis URL                Redis to use (default: REDIS_URL, then one of its own)
    --demo                     stand-in hosts that make up their answers
  drover config check FILE     list every problem of a configuration
  drover config convert FILE   print a LiteLLM configuration as drover's own
  drover drain HOST            let a host finish what runs and take nothing new
  drover undrain HOST          let it take requests again
  drover strategy [NAME]       show or change which host answers: least_busy, round_robin, weighted,
                               or default for the configuration's
    --config FILE              whose drover (default: as above)
    --admin URL                its admin listener (default: DROVER_ADMIN_URL, then as the configuration says);
                               a key comes from DROVER_ADMIN_KEY, then from the configuration
  drover scan --direction input|output [options] < texts.jsonl
                               what the guard says of texts: a line {"text": …} in, a line with the verdict out
    --scanner NAME             only this one; may be said several times
    --config FILE              whose scanners and settings (default: DROVER_CONFIG, then ./drover.yaml, then all
                               scanners that need no settings)
  drover help | --help
  drover --version`

const commandNames = ['up', 'config', 'drain', 'undrain', 'strategy', 'scan', 'help']
const options = {
  config: { type: 'string' },
  port: { type: 'string' },
  redis: { type: 'string' },
  demo: { type: 'boolean' },
  admin: { type: 'string' },
  direction: { type: 'string' },
  scanner: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const
const optionNames = Object.keys(options).map(name => `--${name}`)

/** Commands that have options, by option. */
const takenBy: Readonly<Record<string, readonly string[]>> = {
  config: ['up', 'drain', 'undrain', 'strategy', 'scan'],
  port: ['up'],
  redis: ['up'],
  demo: ['up'],
  admin: ['drain', 'undrain', 'strategy'],
  direction: ['scan'],
  scanner: ['scan'],
}

const wrong = (message: string): Command => ({ name: 'usage', message })

/** Never throws: what is wrong with the arguments is a command too. */
export const parseCommand = (args: readonly string[]): Command => {
  const parsed = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  for (const token of parsed.tokens) {
    const problem = token.kind === 'option' ? optionProblem(token) : undefined
    if (problem !== undefined) return wrong(problem)
  }
  const values = parsed.values as {
    config?: string
    port?: string
    redis?: string
    demo?: true
    admin?: string
    direction?: string
    scanner?: string[]
    help?: true
    version?: true
  }
  const [word = 'up', ...rest] = parsed.positionals
  if (values.help || word === 'help') return { name: 'help' }
  if (values.version) return { name: 'version' }
  const stray = Object.keys(values).find(name => !takenBy[name]?.includes(word))
  if (stray !== undefined && commandNames.includes(word))
    return wrong(`--${stray} is an option of ${takenBy[stray]?.map(name => `"drover ${name}"`).join(', ')}`)
  if (word === 'up') return parseUp(values, rest)
  if (word === 'drain' || word === 'undrain') return parseDrain(word, values, rest)
  if (word === 'strategy') return parseStrategy(values, rest)
  if (word === 'config') return parseConfig(rest)
  if (word === 'scan') return parseScan(values, rest)
  return wrong(`unknown command ${quote(word)}${nearest(word, commandNames)}`)
}

/** A token of `parseArgs`, reduced to what is checked here. */
const optionProblem = (token: { name: string; rawName: string; value?: string | undefined }): string | undefined => {
  const known = Object.hasOwn(options, token.name) ? options[token.name as keyof typeof options] : undefined
  if (known === undefined) return `unknown option ${quote(token.rawName)}${nearest(token.rawName, optionNames)}`
  if (known.type === 'string' && (token.value ?? '') === '') return `${token.rawName} needs a value`
  if (known.type === 'boolean' && token.value !== undefined) return `${token.rawName} takes no value`
  return undefined
}

const parseUp = (
  { config, port, redis, demo = false }: { config?: string; port?: string; redis?: string; demo?: boolean },
  rest: string[],
): Command => {
  if (rest[0] !== undefined) return wrong(`"drover up" takes no argument ${quote(rest[0])}`)
  if (demo && config !== undefined) return wrong('--demo and --config exclude each other')
  if (port !== undefined && !isPort(port)) return wrong(`--port must be a number from 0 to 65535, not ${quote(port)}`)
  return {
    name: 'up',
    options: {
      demo,
      ...(config === undefined ? {} : { config }),
      ...(port === undefined ? {} : { port: Number(port) }),
      ...(redis === undefined ? {} : { redis }),
    },
  }
}

const parseConfig = ([verb, file, ...more]: string[]): Command => {
  if (verb === undefined) return wrong('"drover config" needs "check FILE" or "convert FILE"')
  if (verb !== 'check' && verb !== 'convert') {
    return wrong(`unknown command ${quote(`config ${verb}`)}${nearest(verb, ['check', 'convert'])}`)
  }
  if (file === undefined) return wrong(`"drover config ${verb}" needs the name of a file`)
  if (more[0] !== undefined) return wrong(`"drover config ${verb}" takes one file; what is ${quote(more[0])}?`)
  return { name: `config ${verb}`, file }
}

const parseDrain = (name: 'drain' | 'undrain', options: AdminOptions, [host, ...more]: string[]): Command => {
  if (host === undefined) return wrong(`"drover ${name}" needs the id of a host`)
  if (more[0] !== undefined) return wrong(`"drover ${name}" takes one host; what is ${quote(more[0])}?`)
  return { name, host, options }
}

const parseStrategy = (options: AdminOptions, [strategy, ...more]: string[]): Command => {
  if (more[0] !== undefined) return wrong(`"drover strategy" takes one name; what is ${quote(more[0])}?`)
  return { name: 'strategy', strategy, options }
}

const parseScan = (
  { direction, scanner = [], config }: { direction?: string; scanner?: string[]; config?: string },
  rest: string[],
): Command => {
  if (rest[0] !== undefined) return wrong(`"drover scan" reads its standard input; what is ${quote(rest[0])}?`)
  const side = sides.find(each => each === direction)
  if (side === undefined)
    return wrong(
      direction === undefined
        ? '"drover scan" needs --direction input or --direction output'
        : `--direction must be input or output, not ${quote(direction)}`,
    )
  const known: readonly string[] = Object.keys(scannerSettings[side].shape)
  const unknown = scanner.find(name => !known.includes(name))
  if (unknown !== undefined)
    return wrong(`no scanner of ${side} is named ${quote(unknown)}${nearest(unknown, [...known])}`)
  return { name: 'scan', options: { direction: side, scanners: scanner, ...(config === undefined ? {} : { config }) } }
}

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= 65_535

/** What was probably meant, or all that there is. */
const nearest = (word: string, names: readonly string[]): string =>
  didYouMean(word, names) || `; there is ${names.join(', ')}`

const quote = (text: string): string => JSON.stringify(text.slice(0, 80))
