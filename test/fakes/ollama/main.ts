import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { prettifyError, z } from 'zod'
import { startFakeOllama } from './server.ts'

/**
 * Runs stand-in hosts, one per port, and prints `{"urls":[…]}` when they listen.
 * Ends on SIGTERM, SIGINT and when the parent's IPC channel closes.
 */

const usage = `usage: node test/fakes/ollama/main.ts [--port N[,N…]]… [--host ADDRESS] [--model NAME]… [--parallel N] [--max-queue N]
       [--max-loaded-models N] [--load-ms MS] [--token-ms MS] [--first-token-ms MS] [--tokens N] [--version X.Y.Z]`

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
  tokens: text,
  version: text,
}

const whole = (min: number, max: number, what: string) =>
  z
    .string()
    .regex(/^\d{1,9}$/, what)
    .transform(Number)
    .pipe(z.number().min(min).max(max))

const milliseconds = whole(0, 3_600_000, 'a whole number of milliseconds').optional()
const count = (min: number) => whole(min, 1_000_000, 'a whole number').optional()

const flagsSchema = z.object({
  port: z
    .array(z.string())
    .default(['0'])
    .transform(ports => ports.flatMap(value => value.split(',')))
    .pipe(z.array(whole(0, 65_535, 'a port from 0 to 65535'))),
  host: z.string().min(1).optional(),
  model: z.array(z.string().min(1)).optional(),
  parallel: count(1),
  'max-queue': count(0),
  'max-loaded-models': count(1),
  'load-ms': milliseconds,
  'token-ms': milliseconds,
  'first-token-ms': milliseconds,
  tokens: count(1),
  version: z.string().min(1).optional(),
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

const run = async (given: Flags): Promise<void> => {
  const stop = new AbortController()
  const stopped = once(stop.signal, 'abort')
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(event, () => stop.abort())
  const options = {
    host: given.host,
    models: given.model,
    parallel: given.parallel,
    maxQueue: given['max-queue'],
    maxLoadedModels: given['max-loaded-models'],
    loadMs: given['load-ms'],
    tokenMs: given['token-ms'],
    firstTokenMs: given['first-token-ms'],
    tokens: given.tokens,
    version: given.version,
  }
  await using hosts = new AsyncDisposableStack()
  const urls: string[] = []
  for (const port of given.port) urls.push(hosts.use(await startFakeOllama({ ...options, port })).url)
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
