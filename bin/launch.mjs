// The only code that runs on whatever Node is there (18 or newer), with nothing installed yet. It installs what
// package-lock.json names, which brings the pinned Node, and hands over to cli/src/main.ts on that one.
// The two commands beside it have no extension; bin/package.json makes them CommonJS, which Node 18 needs.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const pinnedNode = path.join(root, 'node_modules', '.bin', 'node')
const LOCK_POLL_MS = 200
const NPM_LINES_MAX = 40

/** Installs what is missing. Answers false, and sets the exit code, after it has said why it could not. */
export const install = () => {
  if (isInstalled()) return true
  const release = takeLock(path.join(root, '.drover', 'install.lock'))
  try {
    return isInstalled() || npmCi()
  } finally {
    release()
  }
}

/** Runs drover on the pinned Node: same arguments, terminal, signals and exit code. */
export const start = args => {
  const main = path.join(root, 'cli', 'src', 'main.ts')
  // The IPC channel is a lifeline: if this process is killed, drover sees it close and stops.
  const child = spawn(pinnedNode, [main, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', error => fail(`cannot run ${pinnedNode}: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}

const fail = message => {
  console.error(`drover: ${message}`)
  process.exitCode = 1
  return false
}

/**
 * npm writes node_modules/.package-lock.json last, so it tells what is really there. Compared by content, because a
 * checkout or a copy changes file times. An optional package (another platform's binary) may be absent.
 */
const isInstalled = () => {
  const there = readPackages(path.join(root, 'node_modules', '.package-lock.json'))
  const wanted = readPackages(path.join(root, 'package-lock.json'))
  if (there === undefined || wanted === undefined || !fs.existsSync(pinnedNode)) return false
  return Object.entries(wanted).every(([name, entry]) => {
    const found = there[name]
    if (found === undefined) return name === '' || entry.optional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

const readPackages = file => {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

const npmCi = () => {
  console.error('drover: installing its packages with npm ci, once; this takes a minute or so')
  // Said explicitly, because NODE_ENV=production would leave out the pinned Node.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = spawnSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (npm.error) return fail(`cannot run npm: ${npm.error.message}. Install npm, then start again.`)
  if (npm.status !== 0) return fail(`npm ci failed in ${root}:\n${head(npm.stderr + npm.stdout)}`)
  if (isInstalled()) return true
  return fail(
    `npm ci ended well but ${pinnedNode} is not there. ` +
      `Its install script did not run: check "ignore-scripts" with \`npm config get ignore-scripts\`.\n${npm.stderr}`,
  )
}

/** npm's reason comes first; what follows may be its manual. */
const head = text => text.split('\n').slice(0, NPM_LINES_MAX).join('\n')

/** Two starts at once must not run two installs in one folder. The lock holds the owner's pid; a dead owner's is taken. */
const takeLock = file => {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  for (;;) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => fs.rmSync(file, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (isOwned(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS)
    else fs.rmSync(file, { force: true })
  }
}

const isOwned = file => {
  try {
    process.kill(Number(fs.readFileSync(file, 'utf8')), 0)
    return true
  } catch (error) {
    return error.code !== 'ESRCH'
  }
}
