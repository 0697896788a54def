import { fileURLToPath } from 'node:url'

import { freePort } from '../free-port.ts'
import type { Rung } from './rung.ts'

const program = fileURLToPath(new URL('embedded-server.ts', import.meta.url))

/** The last resort, a Redis in JavaScript: nothing to install, and nothing kept. A process of its own: Lua is busy work. */
export const embeddedRedis = async (env: NodeJS.ProcessEnv): Promise<Rung> => {
  const port = await freePort()
  return {
    url: `redis://127.0.0.1:${port}`,
    label: 'in memory (js-redis-server)',
    warnings: [
      'NOTHING SURVIVES A RESTART: no redis-server is installed, so the queue and every answer live in memory only.',
      'Install redis-server or valkey-server (6.2 or newer), or name one with --redis, for anything but a first look.',
    ],
    child: {
      name: 'redis',
      command: process.execPath,
      args: [program, String(port)],
      env,
      lifeline: 'ipc',
      ready: 'message',
      output: 'shown',
    },
  }
}
