import { describe, expect, test } from 'vitest'
import { contents, watch } from './client.ts'
import type { FaultInput } from './faults.ts'
import { startFakeOllama } from './server.ts'

describe('scripts', () => {
  test.each<[FaultInput, number]>([
    [{ kind: 'stall', afterTokens: 2 }, 2],
    [{ kind: 'neverAnswer' }, 0],
  ])('%o is silent and keeps its slot until the client leaves', async (fault, tokens) => {
    await using fake = await startFakeOllama()
    fake.faults.every(fault)
    const leaver = new AbortController()
    const seen = watch(fake.url, {}, leaver.signal)
    await fake.waitFor(() => fake.running === 1 && fake.requests[0]?.tokens === tokens, 5_000)
    leaver.abort()
    await fake.waitFor(() => fake.running === 0, 5_000)
    expect(fake.requests).toMatchObject([{ outcome: 'aborted', tokens }])
    expect((await seen).end).toBe('ABORT_ERR')
  })

  test('queued faults go first, one each; standing ones stay until cleared', async () => {
    await using fake = await startFakeOllama()
    fake.faults.every({ kind: 'busy' })
    fake.faults.next({ kind: 'status', status: 500, body: 'a' }, { kind: 'status', status: 501, body: 'b' })
    const statuses = [await watch(fake.url), await watch(fake.url), await watch(fake.url), await watch(fake.url)]
    expect(statuses.map(seen => seen.status)).toEqual([500, 501, 503, 503])
    expect(fake.requests.map(record => record.outcome)).toEqual(Array(4).fill('fault'))
    fake.faults.clear()
    expect((await watch(fake.url)).status).toBe(200)
  })

  test('probe faults concern probes only', async () => {
    await using fake = await startFakeOllama()
    fake.faults.every({ kind: 'probeGarbage' }, { kind: 'busy' })
    expect(await (await fetch(`${fake.url}/api/tags`)).text()).toBe('<html></html>')
    expect((await watch(fake.url)).status).toBe(503)
    fake.faults.every({ kind: 'probeHang' })
    await expect(fetch(`${fake.url}/api/ps`, { signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout')
    expect((await watch(fake.url)).status).toBe(200)
  })

  test('each probe can be given an answer of its own: HTML, numbers beyond belief, a flood', async () => {
    await using fake = await startFakeOllama({ models: ['a'] })
    const probe = async (path: string): Promise<string> => (await fetch(fake.url + path)).text()
    fake.faults.every(
      { kind: 'probeGarbage', path: '/api/version' },
      { kind: 'probeFlood', path: '/api/tags', models: 1_000 },
      { kind: 'probeBody', path: '/api/ps', body: '{"models":[{"name":"a","size":-1e308,"context_length":1e999}]}' },
    )
    expect(await probe('/api/version')).toBe('<html></html>')
    const names = (JSON.parse(await probe('/api/tags')) as { models: { name: string }[] }).models.map(
      ({ name }) => name,
    )
    expect([names.length, names.includes('a:latest')]).toEqual([1_000, false])
    expect(await probe('/api/ps')).toContain('1e999')
    fake.faults.every({ kind: 'probeFlood', path: '/api/ps', models: 2 })
    expect(JSON.parse(await probe('/api/ps'))).toMatchObject({
      models: [{ name: 'stranger:0' }, { name: 'stranger:1' }],
    })
    expect(await probe('/api/version')).toBe('{"version":"0.33.0"}')
  })

  test('a host that is down refuses connections, cuts the running ones, and comes back on its port', async () => {
    await using fake = await startFakeOllama()
    fake.faults.next({ kind: 'stall', afterTokens: 2 })
    const cut = watch(fake.url)
    await fake.waitFor(() => fake.requests[0]?.tokens === 2, 5_000)
    const { url } = fake
    await fake.setDown(true)
    expect((await cut).end).toBe('ECONNRESET')
    expect((await watch(url)).end).toBe('ECONNREFUSED')
    await fake.setDown(false)
    expect([fake.url, (await watch(url)).status]).toEqual([url, 200])
  })

  test('a process is scripted over HTTP', async () => {
    await using fake = await startFakeOllama()
    const script = (method: string, more?: object): Promise<Response> =>
      fetch(`${fake.url}/_fake/faults`, { method, ...(more && { body: JSON.stringify(more) }) })
    expect((await script('POST', { next: [{ kind: 'eof', afterTokens: 1 }], every: [{ kind: 'busy' }] })).status).toBe(
      200,
    )
    expect(contents((await watch(fake.url)).text).length).toBe(1)
    expect((await watch(fake.url)).status).toBe(503)
    await script('DELETE')
    expect((await watch(fake.url)).status).toBe(200)
    const state = (await (await fetch(`${fake.url}/_fake/requests`)).json()) as {
      requests: object[]
      runningMax: number
    }
    expect(state).toMatchObject({ running: 0, runningMax: 1, inFlight: 0, loads: 1 })
    expect(state.requests.map(record => Object.keys(record))).toEqual(
      Array.from({ length: 3 }, () =>
        'path model body startedAt endedAt tokens promptChars cachedChars outcome'.split(' '),
      ),
    )
    await script('POST', { downMs: 1 })
    await fake.waitFor(() => !fake.listening, 5_000)
    await fake.waitFor(() => fake.listening, 5_000)
    expect((await watch(fake.url)).status).toBe(200)
  })

  test('a scripted fault is checked where it is written', async () => {
    await using fake = await startFakeOllama()
    expect(() => fake.faults.next({ kind: 'stall', afterTokens: -1 })).toThrow('afterTokens')
  })
})
