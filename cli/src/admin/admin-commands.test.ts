import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { drainHost } from './drain.ts'
import { chooseStrategy } from './strategy.ts'
import { findAdmin } from './target.ts'

const host = {
  id: 'h1',
  url: 'http://h',
  up: true,
  slots: 4,
  running: 3,
  drained: true,
  groups: {},
  models: [],
  loaded: [],
}

let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'drover-admin-'))
})
afterEach(() => rm(cwd, { recursive: true }))

/** A listener that answers everything alike, and remembers what it was asked. */
const listener = async (status: number, answer: unknown) => {
  const asked: { line: string; body: string; key: string | undefined }[] = []
  const answerOne = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await request.toArray()).join('')
    asked.push({ line: `${request.method} ${request.url}`, body, key: request.headers.authorization })
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }
  const server = createServer((request, response) => void answerOne(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, asked, [Symbol.asyncDispose]: async () => void server.close() }
}

const screen = (env: NodeJS.ProcessEnv = {}) => {
  const lines: string[] = []
  return { lines, io: { env, cwd, out: (text: string) => lines.push(text), err: (text: string) => lines.push(text) } }
}

describe('drover drain', () => {
  test.each([
    [host, 'h1 is drained: 3 requests still run'],
    [{ ...host, running: 1 }, 'h1 is drained: 1 request still runs'],
    [{ ...host, running: 0 }, 'h1 is drained: nothing runs on it'],
    [{ ...host, up: false, reason: 'timeout' }, 'h1 is drained; it is down: timeout'],
    [{ ...host, drained: false }, 'h1 takes requests'],
    [{ ...host, drained: false, up: false, reason: 'timeout' }, 'h1 is not drained; it is down: timeout'],
  ])('says how the host is then: %o', async (answer, expected) => {
    await using admin = await listener(200, answer)
    const { lines, io } = screen()
    expect(await drainHost('drain', 'h 1/', { admin: admin.url }, io)).toBe(0)
    expect(lines).toEqual([expected])
    expect(admin.asked).toEqual([{ line: 'POST /admin/hosts/h%201%2F/drain', body: '', key: undefined }])
  })

  test('says what the listener says when it refuses', async () => {
    await using admin = await listener(404, { error: { message: "There is no host 'h9' (there is h1)." } })
    const { lines, io } = screen()
    expect(await drainHost('undrain', 'h9', { admin: admin.url }, io)).toBe(1)
    expect(lines).toEqual(["drover: There is no host 'h9' (there is h1)."])
  })

  test('says that a key is missing, and sends the one it is given', async () => {
    await using admin = await listener(401, { error: { message: 'The API key is missing or not valid.' } })
    const { lines, io } = screen({ DROVER_ADMIN_URL: admin.url, DROVER_ADMIN_KEY: 'k' })
    expect(await drainHost('drain', 'h1', {}, io)).toBe(1)
    expect(lines).toEqual(['drover: The API key is missing or not valid. Set DROVER_ADMIN_KEY.'])
    expect(admin.asked[0]?.key).toBe('Bearer k')
  })

  test('says when nobody answers', async () => {
    const { lines, io } = screen()
    expect(await drainHost('drain', 'h1', { admin: 'http://127.0.0.1:1' }, io)).toBe(1)
    expect(lines).toEqual([expect.stringMatching(/^drover: no admin listener answers at http:\/\/127\.0\.0\.1:1 \(/)])
  })

  test('says when somebody else answers', async () => {
    await using admin = await listener(200, { hello: 'world' })
    const { lines, io } = screen()
    expect(await drainHost('drain', 'h1', { admin: admin.url }, io)).toBe(1)
    expect(lines).toEqual(['drover: what answered is no admin listener of this version'])
  })
})

describe('drover strategy', () => {
  test.each([
    [undefined, 'GET /admin/settings', ''],
    ['weighted', 'PATCH /admin/settings', '{"strategy":"weighted"}'],
    ['default', 'PATCH /admin/settings', '{"strategy":null}'],
  ])('%s asks %s', async (name, line, body) => {
    await using admin = await listener(200, { strategy: 'weighted', configured: 'least_busy' })
    const { lines, io } = screen()
    expect(await chooseStrategy(name, { admin: admin.url }, io)).toBe(0)
    expect(lines).toEqual(['weighted (configured: least_busy)'])
    expect(admin.asked).toEqual([{ line, body, key: undefined }])
  })

  test.each([[null], [{}], [[]], ['weighted']])('says when somebody else answers: %o', async answer => {
    await using admin = await listener(200, answer)
    const { lines, io } = screen()
    expect(await chooseStrategy(undefined, { admin: admin.url }, io)).toBe(1)
    expect(lines).toEqual(['drover: what answered is no admin listener of this version'])
  })
})

describe('the admin listener is looked for', () => {
  const hosts = 'hosts: [{ id: a, url: "http://h:1" }]\n'
  const find = async (text: string, env: NodeJS.ProcessEnv = {}) => {
    await writeFile(path.join(cwd, 'drover.yaml'), hosts + text)
    return findAdmin({}, { env, cwd })
  }

  test.each([
    ['', {}, { url: 'http://127.0.0.1:8001', key: undefined }],
    ['server: { port: 9000 }', {}, { url: 'http://127.0.0.1:9001' }],
    ['', { DROVER_PORT: '9000' }, { url: 'http://127.0.0.1:9001' }],
    ['admin: { port: 9000 }', { DROVER_ADMIN_PORT: '9100' }, { url: 'http://127.0.0.1:9100' }],
    [
      'admin: { host: 0.0.0.0, port: 9000, keys: [0123456789abcdef] }',
      {},
      { url: 'http://127.0.0.1:9000', key: '0123456789abcdef' },
    ],
    [
      'admin: { host: "::1", keys: [0123456789abcdef] }',
      { DROVER_ADMIN_KEY: 'k' },
      { url: 'http://[::1]:8001', key: 'k' },
    ],
    ['', { DROVER_ADMIN_URL: 'https://far:1/' }, { url: 'https://far:1' }],
  ])('as the configuration has it: %s %o', async (text, env, expected) => {
    expect(await find(text, env)).toMatchObject({ ok: true, ...expected })
  })

  test.each([
    ['server: { port: 0 }', {}, /any port; say --admin URL/],
    ['strategy: x', {}, /^strategy: must be one of .*say --admin URL$/],
    ['', { DROVER_ADMIN_URL: 'far:1' }, /must be a URL such as/],
  ])('and not found: %s %o', async (text, env, reason) => {
    expect(await find(text, env)).toMatchObject({ ok: false, reason: expect.stringMatching(reason) })
  })

  test('in the configuration that `drover up` wrote where there is no other', async () => {
    expect(await findAdmin({}, { env: {}, cwd })).toMatchObject({ ok: false })
    await mkdir(path.join(cwd, '.drover'))
    await writeFile(path.join(cwd, '.drover', 'generated.yaml'), hosts)
    expect(await findAdmin({}, { env: {}, cwd })).toMatchObject({ ok: true, url: 'http://127.0.0.1:8001' })
  })
})
