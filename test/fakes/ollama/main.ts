import { once } from 'node:events'
import { closeSync, openSync, writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { prettifyError, z } from 'zod'
import { type FakeOllamaOptions, startFakeOllama } from './server.ts'

/**
 * Runs stand-in hosts, one per port, and prints `{"urls":[…]}` when they listen.
 * What is measured in milliseconds, and --parallel, takes one value for all hosts or one per port, separated by commas.
 * --journal appends a line of JSON when a request comes in and when it has ended; it is written at once, so that it outlives kill -9.
 * Ends on SIGTERM, SIGINT and when the parent's IPC channel closes.
 */

const usage = `usage: node test/fakes/ollama/main.ts [--port N[,N…]]… [--host ADDRESS] [--model NAME]… [--parallel N] [--max-queue N]
       [--max-loaded-models N] [--load-ms MS] [--token-ms MS] [--first-token-ms MS] [--prompt-char-ms MS]
       [--tokens N] [--version X.Y.Z] [--journal FILE]`

const text = { type: 'string' } as const
const list = { type: 'string', multiple: true } as const

const flags = {
  port: list,
  host: text,
  model: list,
  parallel: text,
  'max-queue': text,
  'max-loaded-models': text,
  'load-ms': text,
  'token-ms': text,
  'first-token-ms': text,
  'prompt-char-ms': text,
  tokens: text,
  version: text,
  journal: text,
}

const whole = (min: number, max: number, what: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/, what)
    .transform(Number)
    .pipe(z.number().min(min).max(max))

/** One for all hosts, or one per port. */
const each = <T extends z.ZodType<unknown, string>>(one: T) =>
  z
    .string()
    .transform(value => value.split(','))
    .pipe(z.array(one))
    .optional()

const milliseconds = whole(0, 3_600_000, 'a whole number of milliseconds')
const fraction = z
  .string()
  .regex(/^\d{1,7}(\.\d{1,6})?$/, 'a number of milliseconds')
  .transform(Number)
const count = (min: number) => whole(min, 1_000_000, 'a whole number')

const perHost = ['parallel', 'load-ms', 'token-ms', 'first-token-ms', 'prompt-char-ms'] as const

const flagsSchema = z
  .object({
    port: z
      .array(z.string())
      .default(['0'])
      .transform(ports => ports.flatMap(value => value.split(',')))
      .pipe(z.array(whole(0, 65_535, 'a port from 0 to 65535'))),
    host: z.string().min(1).optional(),
    model: z.array(z.string().min(1)).optional(),
    parallel: each(count(1)),
    'max-queue': count(0).optional(),
    'max-loaded-models': count(1).optional(),
    'load-ms': each(milliseconds),
    'token-ms': each(milliseconds),
    'first-token-ms': each(milliseconds),
    'prompt-char-ms': each(fraction),
    tokens: count(1).optional(),
    version: z.string().min(1).optional(),
    journal: z.string().min(1).optional(),
  })
  .superRefine((given, context) => {
    for (const name of perHost) {
      const length = given[name]?.length ?? 1
      if (length === 1 || length === given.port.length) continue
      const message = `one value, or one per port (${given.port.length}), not ${length}`
      context.addIssue({ code: 'custom', path: [name], message })
    }
  })

type Flags = z.infer<typeof flagsSchema>

const readFlags = (args: string[]): Flags | string => {
  try {
    const parsed = flagsSchema.safeParse({ ...parseArgs({ args, options: flags, strict: true }).values })
    return parsed.success ? parsed.data : prettifyError(parsed.error)
  } catch (error) {
    return (error as Error).message
  }
}

const optionsOf = (given: Flags, index: number, journal: number | undefined): FakeOllamaOptions => {
  const port = given.port[index]!
  const own = (values: readonly number[] | undefined): number | undefined => values?.[index] ?? values?.[0]
  return {
    port,
    host: given.host,
    models: given.model,
    parallel: own(given.parallel),
    maxQueue: given['max-queue'],
    maxLoadedModels: given['max-loaded-models'],
    loadMs: own(given['load-ms']),
    tokenMs: own(given['token-ms']),
    firstTokenMs: own(given['first-token-ms']),
    promptCharMs: own(given['prompt-char-ms']),
    tokens: given.tokens,
    version: given.version,
    ...(journal !== undefined && {
      onRequest: record => void writeSync(journal, `${JSON.stringify({ host: index, ...record })}\n`),
    }),
  }
}

const run = async (given: Flags): Promise<void> => {
  const stop = new AbortController()
  const stopped = once(stop.signal, 'abort')
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, () => stop.abort())
  await using hosts = new AsyncDisposableStack()
  const journal = given.journal === undefined ? undefined : openSync(given.journal, 'a')
  if (journal !== undefined) hosts.defer(() => closeSync(journal))
  const urls: string[] = []
  for (const index of given.port.keys()) {
    const host = hosts.use(await startFakeOllama(optionsOf(given, index, journal)))
    urls.push(host.url)
  }
  process.stdout.write(`${JSON.stringify({ urls })}\n`)
  await stopped
  // An open channel would keep the process alive.
  if (process.connected) process.disconnect()
}

const given = readFlags(process.argv.slice(2))
if (typeof given === 'string') {
  process.stderr.write(`${given}\n${usage}\n`)
  process.exitCode = 2
} else await run(given)
