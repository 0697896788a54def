import { findRedisBinary } from '../../cli/src/redis/binary.ts'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** A server to run, with what it needs in its environment. */
export interface RedisProgram {
  readonly command: string
  readonly env: NodeJS.ProcessEnv
}

const cache = fileURLToPath(new URL('../../node_modules/.cache/drover-redis', import.meta.url))

/** The one on PATH; else Debian's, unpacked without installing it. Throws what to install where there is neither. */
export const findRedisProgram = async (): Promise<RedisProgram> => {
  const binary = await findRedisBinary(process.env['PATH'] ?? '')
  if (binary !== undefined) return { command: binary.file, env: process.env }
  try {
    if (!existsSync(unpacked.command)) unpackFromDebian()
    const program = { command: unpacked.command, env: { ...process.env, LD_LIBRARY_PATH: libraryPath() } }
    execFileSync(program.command, ['--version'], { env: program.env, stdio: 'pipe' })
    return program
  } catch (cause) {
    rmSync(cache, { recursive: true, force: true })
    throw new Error('the tests need a Redis: install redis-server or valkey-server, or set REDIS_URL', { cause })
  }
}

const unpacked = { root: path.join(cache, 'root'), command: path.join(cache, 'root/usr/bin/redis-server') }

/** Works without root: the packages are only downloaded and unpacked. */
const unpackFromDebian = (): void => {
  process.stderr.write('tests: no redis-server on PATH; unpacking the one of Debian into node_modules/.cache\n')
  rmSync(cache, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  const packages = ['redis-server', 'redis-tools', ...libraries()]
  try {
    run('apt-get', ['download', ...packages])
  } catch (error) {
    // A package list that is missing or out of date; only root may refresh it.
    if (process.getuid?.() !== 0) throw error
    run('apt-get', ['update'])
    run('apt-get', ['download', 'redis-server', 'redis-tools', ...libraries()])
  }
  for (const file of readdirSync(cache).filter(name => name.endsWith('.deb')))
    run('dpkg-deb', ['-x', file, unpacked.root])
}

/** Every library the server needs, but the C library: that one belongs to the loader of this system. */
const libraries = (): string[] => {
  const quiet = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(kind => `--no-${kind}`)
  const names = run('apt-cache', ['depends', '--recurse', ...quiet, 'redis-tools']).split('\n')
  return names.filter(name => /^lib[a-z0-9.+-]+$/.test(name) && !/^libc6|^libc-/.test(name))
}

const libraryPath = (): string =>
  ['usr/lib', 'lib']
    .map(folder => path.join(unpacked.root, folder))
    .filter(existsSync)
    .flatMap(folder => readdirSync(folder).map(name => path.join(folder, name)))
    .join(':')

const run = (command: string, args: readonly string[]): string =>
  execFileSync(command, args, { cwd: cache, encoding: 'utf8', stdio: 'pipe' })
