import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { freePort } from '../../cli/src/free-port.ts'

const root = path.resolve(import.meta.dirname, '../..')

export interface Drover extends AsyncDisposable {
  readonly url: string
  readonly output: readonly string[]
  readonly process: ChildProcess
  /** Process id of a service as it runs now; undefined while it is not running. */
  pidOf(service: 'api' | 'guard' | 'worker'): Promise<number | undefined>
}

/** `bin/drover up`, as a user starts it, in a folder of its own. `config` is JSON, which is YAML, too. */
export const startDrover = async (
  config: Record<string, unknown>,
  options: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Drover> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-test-'))
  const file = path.join(folder, 'drover.yaml')
  // A fixed port, so that an api that is started again is where it was.
  const port = String(await freePort())
  await writeFile(file, JSON.stringify(config))
  const args = ['cli/src/main.ts', 'up', '--config', file, '--port', port, ...(options.args ?? [])]
  const child = spawn(process.execPath, [path.join(root, args[0] ?? ''), ...args.slice(1)], {
    cwd: folder,
    // Any free port, because the one after `port` may be somebody's.
    env: { ...process.env, NO_COLOR: '1', DROVER_ADMIN_PORT: '0', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  const ready = Promise.withResolvers<string>()
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on('line', line => {
      output.push(line)
      const url = /^drover is ready: (\S+)/.exec(line)?.[1]
      if (url !== undefined) ready.resolve(url)
    })
  child.once('exit', code => ready.reject(new Error(`drover ended with ${code}:\n${output.join('\n')}`)))
  const url = await ready.promise
  return {
    url,
    output,
    process: child,
    async pidOf(service) {
      const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,args='])
      const line = stdout
        .split('\n')
        .map(row => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row))
        .find(row => Number(row?.[2]) === child.pid && row?.[3]?.includes(`services/${service}/src/main.ts`))
      return line == null ? undefined : Number(line[1])
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit')
        child.kill('SIGTERM')
        await exited
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}
