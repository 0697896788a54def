import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drover launcher '))
})
afterAll(() => rm(folder, { recursive: true }))

const lock = (version: string): string => JSON.stringify({ packages: { '': {}, 'node_modules/node': { version } } })

/** A clone with nothing installed, whose `npm` writes down each run and installs this Node, and a main.ts of one line. */
const clone = async (name: string, { main = '', npm = '' } = {}) => {
  const root = path.join(folder, name)
  await cp(path.join(repository, 'bin'), path.join(root, 'bin'), { recursive: true })
  await mkdir(path.join(root, 'cli/src'), { recursive: true })
  await mkdir(path.join(root, 'path'))
  await writeFile(path.join(root, 'package.json'), '{"type":"module"}')
  await writeFile(path.join(root, 'package-lock.json'), lock('24.0.0'))
  await writeFile(path.join(root, 'cli/src/main.ts'), main)
  const install = `mkdir -p node_modules/.bin && ln -sf '${process.execPath}' node_modules/.bin/node
sleep 0.2; cp package-lock.json node_modules/.package-lock.json`
  await writeFile(path.join(root, 'path/npm'), `#!/bin/sh\necho "$@" >> npm.log\n${npm || install}\n`)
  await chmod(path.join(root, 'path/npm'), 0o755)
  const env = { ...process.env, PATH: `${path.join(root, 'path')}:${process.env['PATH']}` }
  return {
    root,
    env,
    drover: path.join(root, 'bin/drover'),
    install: () => run(path.join(root, 'bin/drover-install'), { env }),
    installs: async () => (await readFile(path.join(root, 'npm.log'), 'utf8').catch(() => '')).split('\n').length - 1,
  }
}

describe('a fresh clone', () => {
  test('installs its packages once, the pinned Node among them whatever NODE_ENV says', async () => {
    const { root, install, installs } = await clone('once')
    expect((await install()).stderr).toContain('installing its packages')
    expect((await install()).stderr).toBe('')
    expect(await installs()).toBe(1)
    expect(await readFile(path.join(root, 'npm.log'), 'utf8')).toContain('ci --include=dev')
  })

  test('installs again when package-lock.json names something else', async () => {
    const { root, install, installs } = await clone('changed')
    await install()
    await writeFile(path.join(root, 'package-lock.json'), lock('24.0.1'))
    await install()
    expect(await installs()).toBe(2)
  })

  test('installs once when it is started twice at the same time', async () => {
    const { install, installs } = await clone('twice')
    await Promise.all([install(), install()])
    expect(await installs()).toBe(1)
  })

  test('is not held up by an install that was killed', async () => {
    const { root, install, installs } = await clone('stale')
    const dead = spawn('true')
    await once(dead, 'exit')
    await mkdir(path.join(root, '.drover'))
    await writeFile(path.join(root, '.drover/install.lock'), String(dead.pid))
    await install()
    expect(await installs()).toBe(1)
  })

  test.each([
    ['npm fails', 'echo "npm error E404" >&2; exit 1', 'npm error E404'],
    [
      'npm leaves out the pinned Node',
      'mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json',
      'ignore-scripts',
    ],
  ])('says why it does not start when %s', async (name, npm, message) => {
    const { drover, env } = await clone(name, { npm })
    await expect(run(drover, ['up'], { env })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(message),
    })
  })
})

describe('the launcher', () => {
  test('passes arguments on, from anywhere and through a symlink', async () => {
    const { drover, env } = await clone('link', { main: 'console.log(JSON.stringify(process.argv.slice(2)))' })
    const link = path.join(folder, 'drover')
    await symlink(drover, link)
    const { stdout } = await run(link, ['up', '--config', 'a b.yaml', ''], { env, cwd: '/' })
    expect(JSON.parse(stdout)).toEqual(['up', '--config', 'a b.yaml', ''])
  })

  test('exits with the code of drover', async () => {
    const { drover, env } = await clone('code', { main: 'process.exit(42)' })
    await expect(run(drover, { env })).rejects.toMatchObject({ code: 42 })
  })

  test('forwards a signal, and waits for the end', async () => {
    const main = `process.on('SIGTERM', () => { console.log('bye'); process.exit(3) }); console.log('up'); setInterval(() => {}, 1e6)`
    const { drover, env } = await clone('signal', { main })
    const child = spawn(drover, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    const [[output], [code]] = await Promise.all([once(child.stdout, 'data'), once(child, 'exit')])
    expect([String(output), code]).toEqual(['bye\n', 3])
  })

  test('tells drover by its own death', async () => {
    const main = `process.once('disconnect', () => { console.log('alone'); process.exit(0) }); console.log('up')`
    const { drover, env } = await clone('death', { main })
    const child = spawn(drover, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    expect(String((await once(child.stdout, 'data'))[0])).toBe('alone\n')
  })
})
