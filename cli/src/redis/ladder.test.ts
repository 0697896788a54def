import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { Supervisor } from '../supervisor.ts'
import { connect } from './connection.ts'
import { embeddedRedis } from './embedded.ts'
import { redacted } from './external.ts'
import { chooseRedis } from './ladder.ts'
import { configuration, readSettings } from './private-server.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drover ladder '))
})
afterAll(() => rm(folder, { recursive: true }))

/** A PATH on which one program pretends to be a server. */
const pathWith = async (name: string, version: string): Promise<string> => {
  const bin = path.join(folder, `${name}-${version}`.replaceAll(/\W/g, '-'))
  await mkdir(bin, { recursive: true })
  await writeFile(path.join(bin, name), `#!/bin/sh\necho "Some server v=${version} sha=00000000:0"\n`)
  await chmod(path.join(bin, name), 0o755)
  return `/nowhere:${bin}`
}

describe('the Redis that is used', () => {
  test.each([
    ['redis-server', '7.0.15', 'redis-server 7.0.15 of its own'],
    ['valkey-server', '8.0.1', 'valkey-server 8.0.1 of its own'],
    ['redis-server', '6.0.16', 'in memory'],
    ['redis-server', 'unstable', 'in memory'],
  ])('with %s %s on PATH is: %s', async (name, version, label) => {
    const result = await chooseRedis(undefined, path.join(folder, 'data'), { PATH: await pathWith(name, version) })
    expect(result).toMatchObject({ ok: true, rung: { label: expect.stringContaining(label) } })
  })

  test('in memory comes with a loud notice', async () => {
    const result = await chooseRedis(undefined, folder, {})
    expect(result).toMatchObject({
      rung: { warnings: [expect.stringContaining('NOTHING SURVIVES A RESTART'), expect.anything()] },
    })
  })

  test.each([
    ['not a URL', 'redis.example', 'the Redis URL cannot be read'],
    [
      'not answering',
      'redis://:secret@127.0.0.1:1/0',
      'Redis at redis://127.0.0.1:1/0 does not answer: connect ECONNREFUSED',
    ],
  ])('is never another than the named one, when that is %s', async (_, url, reason) => {
    expect(await chooseRedis(url, folder, {})).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })
})

describe('a server of our own', () => {
  test('keeps port and password from start to start, in a file that only its owner reads', async () => {
    const home = path.join(folder, 'kept')
    const env = { PATH: await pathWith('redis-server', '7.0.15') }
    const first = await chooseRedis(undefined, home, env)
    expect(await chooseRedis(undefined, home, env)).toMatchObject({ rung: { url: first.ok ? first.rung.url : '' } })
    expect((await stat(path.join(home, 'redis.conf'))).mode & 0o777).toBe(0o600)
  })

  test('has settings that are read back as written', async () => {
    const file = path.join(folder, 'redis.conf')
    await writeFile(file, configuration({ port: 4_711, password: 'c0ffee' }))
    expect(await readSettings(file)).toEqual({ port: 4_711, password: 'c0ffee' })
  })
})

test('a Redis in memory answers on loopback only', async () => {
  const rung = await embeddedRedis(process.env)
  const supervisor = new Supervisor({ line: () => {}, stopTimeoutMs: 1_000 })
  try {
    await supervisor.start(rung.child!)
    const connection = await connect(rung.url, AbortSignal.timeout(5_000), 'give up')
    expect(connection.ok && (await connection.redis.ping())).toBe('PONG')
    if (connection.ok) connection.redis.disconnect()
  } finally {
    await supervisor.stop()
  }
})

test.each([
  ['redis://user:secret@redis.example:6379/2?password=secret', 'redis://redis.example:6379/2'],
  ['rediss://:secret@redis.example', 'rediss://redis.example'],
  ['/run/redis.sock', '/run/redis.sock'],
  ['http://redis.example', undefined],
  ['redis.example:6379', undefined],
])('%s is shown as %s', (url, shown) => {
  expect(redacted(url)).toBe(shown)
})
