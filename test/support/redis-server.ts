import { freePort } from '../../cli/src/free-port.ts'
import { whenReady } from '../../cli/src/redis/connection.ts'
import { tethered } from '../../cli/src/tether.ts'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findRedisProgram } from './redis-program.ts'

export interface RedisServerOptions {
  /** Where it keeps its data, and leaves them. Default: a temporary folder, removed with it. */
  readonly dir?: string
  readonly port?: number
  /** Keeps what was written over a restart (every command is on disk before its reply). Default: keeps nothing. */
  readonly appendonly?: boolean
}

/** A Redis of the test's own, for doing harm to it. It ends with the test process, however that ends. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Of the process that runs now. */
  readonly pid: number
  /** Resolves when it has ended; SIGSTOP and SIGCONT, which do not end it, resolve at once. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it on the same port and folder; one that still runs gets SIGTERM first. */
  restart(): Promise<void>
}

export const startRedisServer = async (options: RedisServerOptions = {}): Promise<RedisServer> => {
  const program = await findRedisProgram()
  const dir = options.dir ?? (await mkdtemp(path.join(tmpdir(), 'drover-redis-')))
  const port = options.port ?? (await freePort())
  const settings = {
    port,
    dir,
    bind: '127.0.0.1',
    save: '',
    appendonly: options.appendonly ? 'yes' : 'no',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const url = `redis://127.0.0.1:${port}`
  const { command, args: words } = tethered(program.command, args)
  const start = (): Promise<ChildProcess> => startProcess(command, words, program.env, url)

  let server = await start()
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const exit = once(server, 'exit')
    server.kill(signal)
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await exit
  }
  return {
    url,
    port,
    get pid() {
      return server.pid ?? 0
    },
    kill,
    restart: async () => {
      await kill('SIGTERM')
      server = await start()
    },
    [Symbol.asyncDispose]: async () => {
      await kill('SIGKILL')
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
}

const startProcess = async (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  url: string,
): Promise<ChildProcess> => {
  const server = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = new AbortController()
  let output = ''
  server.stdout.on('data', (data: Buffer) => {
    output = (output + data.toString()).slice(-2_000)
  })
  server.once('exit', () => {
    gone.abort()
    // Ends the twin of `tethered`.
    server.stdin.destroy()
  })
  try {
    await whenReady(url, server.pid ?? 0, gone.signal)
    return server
  } catch (cause) {
    // It has ended, or another server holds the port, and it ends by itself when it finds out.
    if (!server.stdout.closed) await once(server.stdout, 'close')
    throw new Error(`redis-server did not start: ${output}`, { cause })
  }
}
