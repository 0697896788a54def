import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { freePort } from '../free-port.ts'
import { tethered } from '../tether.ts'
import type { RedisBinary } from './binary.ts'
import { connect, whenReady } from './connection.ts'
import type { RungResult } from './rung.ts'

const PROBE_TIMEOUT_MS = 1_000
/** A server whose supervisor was just killed is still writing its last bytes. */
const LEAVE_TIMEOUT_MS = 3_000

interface Settings {
  port: number
  password: string
}

/**
 * A server of our own: loopback only, with a password, since other users of the machine can reach loopback too.
 *
 * The port belongs to the data directory: it is kept in redis.conf there. So two servers can never share the data: the
 * second cannot bind, and a server binds before it touches its files.
 */
export const privateRedis = async (
  binary: RedisBinary,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<RungResult> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = path.join(folder, 'redis.conf')
  let settings = (await readSettings(file)) ?? (await newSettings())
  const holder = await whoHolds(settings)
  if (holder === 'this data') {
    return {
      ok: false,
      reason: `a Redis server still uses ${folder}, of a drover that was killed; stop it (port ${settings.port}) first`,
    }
  }
  if (holder === 'a stranger') settings = await newSettings()
  await writeFile(file, configuration(settings), { mode: 0o600 })
  const url = `redis://:${settings.password}@127.0.0.1:${settings.port}`
  return {
    ok: true,
    rung: {
      url,
      label: `${binary.label} of its own, data in ${folder}`,
      warnings: [],
      child: {
        name: 'redis',
        ...tethered(binary.file, ['redis.conf']),
        env,
        cwd: folder,
        lifeline: 'stdin',
        ready: (pid, signal) => whenReady(url, pid, signal),
        output: 'on-failure',
      },
    },
  }
}

const newSettings = async (): Promise<Settings> => ({
  port: await freePort(),
  password: randomBytes(24).toString('hex'),
})

/** `dir` is the working directory, so a path with spaces needs no quoting. */
export const configuration = ({ port, password }: Settings): string =>
  `# Written by \`drover up\` at each start. Without this directory, drover starts with an empty queue.
bind 127.0.0.1
port ${port}
requirepass ${password}
daemonize no
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
`

export const readSettings = async (file: string): Promise<Settings | undefined> => {
  const text = await readFile(file, 'utf8').catch(() => '')
  const port = /^port (\d{1,5})$/m.exec(text)?.[1]
  const password = /^requirepass ([0-9a-f]+)$/m.exec(text)?.[1]
  return port === undefined || password === undefined ? undefined : { port: Number(port), password }
}

const whoHolds = async ({ port, password }: Settings): Promise<'nobody' | 'this data' | 'a stranger'> => {
  const url = `redis://:${password}@127.0.0.1:${port}`
  const connection = await connect(url, AbortSignal.timeout(PROBE_TIMEOUT_MS), 'give up')
  if (!connection.ok) return connection.error.code === 'ECONNREFUSED' ? 'nobody' : 'a stranger'
  try {
    await once(connection.redis, 'close', { signal: AbortSignal.timeout(LEAVE_TIMEOUT_MS) })
    return 'nobody'
  } catch {
    return 'this data'
  } finally {
    connection.redis.disconnect()
  }
}
