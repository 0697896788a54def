import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

export interface RedisBinary {
  file: string
  /** For people: "redis-server 7.0.15". */
  label: string
}

const NAMES = ['redis-server', 'valkey-server']
/** BullMQ recommends 6.2 and refuses below 5. */
const OLDEST = [6, 2] as const

/** The first server on `searchPath` (PATH's syntax) that runs and is new enough. */
export const findRedisBinary = async (searchPath: string): Promise<RedisBinary | undefined> => {
  for (const name of NAMES) {
    for (const folder of searchPath.split(path.delimiter).filter(Boolean)) {
      const file = path.join(folder, name)
      const version = isExecutable(file) ? await readVersion(file) : undefined
      if (version !== undefined && isNewEnough(version)) return { file, label: `${name} ${version}` }
    }
  }
  return undefined
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** "Redis server v=7.0.15 sha=…", "Valkey server v=8.0.1 sha=…". */
const readVersion = async (file: string): Promise<string | undefined> => {
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: 5_000 })
    return /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

const isNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}
