import { configSchema } from '@drover/shared/config/schema'
import { describe, expect, test } from 'vitest'
import { HostWatch } from './host-watch.ts'
import { HostFailure } from './hosts/host-failure.ts'
import type { Host, HostFacts, Installed, Loaded } from './hosts/host.ts'

const config = configSchema.parse({ hosts: [{ id: 'h', url: 'http://127.0.0.1:1' }] })

const installed = (name: string): Installed => ({ name, digest: '', bytes: 0, modifiedAt: '' })
const inMemory = (name: string): Loaded => ({ name, bytes: 0, vramBytes: 0, expiresAt: '', contextTokens: 0 })

/** A host that says what it is told to, or is down. */
const start = () => {
  let facts: HostFacts | undefined
  const ollama: Pick<Host, 'probe'> = {
    probe: async () => {
      if (facts === undefined) throw new HostFailure('unreachable', 'it did not answer')
      return facts
    },
  }
  const [host] = config.hosts
  const watch = new HostWatch(host!, ollama, config)
  const probe = (loaded?: readonly string[]): Promise<boolean> => {
    facts = loaded && { version: '1', installed: ['a', 'b', 'c'].map(installed), loaded: loaded.map(inMemory) }
    return watch.probe()
  }
  return { watch, probe, loaded: (...running: string[]) => [...watch.loaded(new Set(running))].sort() }
}

describe('what a host is taken to have in memory', () => {
  test('is what it said at the last probe, and what it loads for a job', async () => {
    const { probe, loaded, watch } = start()
    await probe([])
    expect(loaded()).toEqual([])
    expect(watch.begin('a')).toBe(true)
    expect(loaded('a')).toEqual(['a'])
    expect(loaded()).toEqual(['a'])
    expect(watch.begin('a')).toBe(false)
  })

  test('is only what is in use when it never had so many models at once', async () => {
    const { probe, loaded, watch } = start()
    await probe(['a'])
    expect(watch.begin('b')).toBe(true)
    expect(loaded('b')).toEqual(['b'])
    expect(loaded()).toEqual(['b'])
    expect(loaded('a', 'b')).toEqual(['a', 'b'])
    await probe(['b'])
    expect(loaded()).toEqual(['b'])
  })

  test('is all of it once it was seen to have room', async () => {
    const { probe, loaded, watch } = start()
    await probe(['a', 'b'])
    await probe(['a'])
    watch.begin('b')
    expect(loaded('b')).toEqual(['a', 'b'])
    watch.begin('c')
    expect(loaded()).toEqual(['c'])
  })

  test('is nothing while it is down', async () => {
    const { probe, loaded } = start()
    await probe(['a'])
    await probe()
    expect(loaded()).toEqual([])
  })
})

test('jobs may be bound to it for every model it ever served', async () => {
  const { watch, probe } = start()
  watch.remember({ models: ['old', 'a'] })
  const before = watch.everServed
  expect(before).toEqual(['old', 'a'])
  await probe([])
  expect(watch.everServed).toEqual(['old', 'a', 'b', 'c'])
  const { everServed } = watch
  await probe([])
  expect(watch.everServed).toBe(everServed)
})

test('what is in memory is told under public names, with what is known of the model', async () => {
  const [host] = config.hosts
  const loaded = [inMemory('a'), inMemory('stranger')]
  const watch = new HostWatch(
    host!,
    {
      probe: async () => ({ version: '1', installed: [{ ...installed('a'), digest: 'd', detailsJson: '{}' }], loaded }),
    },
    configSchema.parse({ hosts: [host], models: [{ name: 'public', hosts: [{ id: 'h', model: 'a' }] }] }),
  )
  expect(watch.memory).toBeUndefined()
  await watch.probe()
  const figures = { digest: 'd', bytes: 0, vramBytes: 0, expiresAt: '', contextTokens: 0, detailsJson: '{}' }
  expect(watch.memory).toEqual(['a', 'public'].map(model => ({ model, ...figures })))
})

test('a host with very many models costs every probe as much as the first', async () => {
  const many = Array.from({ length: 20_000 }, (_, index) => installed(`registry.example.com/library/model-${index}`))
  const watch = new HostWatch(
    config.hosts[0]!,
    { probe: async () => ({ version: '1', installed: many, loaded: [] }) },
    config,
  )
  const timed = async (): Promise<number> => {
    const startedMs = performance.now()
    await watch.probe()
    return performance.now() - startedMs
  }
  const firstMs = await timed()
  expect(await timed()).toBeLessThan(firstMs * 5 + 100)
})
