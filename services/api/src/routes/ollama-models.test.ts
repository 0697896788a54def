import type { Catalogued, InMemory } from '@drover/shared/catalogue'
import { configSchema, type ConfigInput } from '@drover/shared/config/schema'
import { createLogger } from '@drover/shared/logger'
import { createKeys } from '@drover/shared/redis/keys'
import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import type { FleetView } from '../fleet-view.ts'
import { createHttp } from '../http.ts'
import { ModelDirectory } from '../model-directory.ts'
import { registerOllamaModels } from './ollama-models.ts'

interface FakeHost {
  readonly id: string
  readonly up?: boolean
  readonly catalogue?: Catalogued[]
  readonly memory?: InMemory[] | string
  readonly show?: Record<string, string>
}

const keys = createKeys('t')

/** What workers would have written of the hosts, in place of Redis. */
const redisOf = (hosts: readonly FakeHost[]): Redis => {
  const find = (wanted: string): FakeHost | undefined =>
    hosts.find(({ id }) => wanted === id || wanted === keys.show(id))
  const stub = {
    hmget: async (_key: string, ...ids: string[]) =>
      ids.map(id => {
        const memory = find(id)?.memory ?? []
        return typeof memory === 'string' ? memory : JSON.stringify(memory)
      }),
    hget: async (key: string, model: string) => find(key)?.show?.[model] ?? null,
  }
  return stub as Partial<Redis> as Redis
}

const ask = async (
  hosts: readonly FakeHost[],
  url: string,
  body?: object,
  models: ConfigInput['models'] = [],
): Promise<{ status: number; json: unknown }> => {
  const app = createHttp(1024, [], createLogger('test', 'silent'))
  const fleet: Pick<FleetView, 'hosts' | 'catalogues'> = {
    hosts: hosts.map(({ id, up = true, catalogue = [] }) => ({
      id,
      url: 'http://host',
      up,
      slots: 1,
      running: 0,
      drained: false,
      groups: {},
      models: catalogue.map(({ model }) => model),
      loaded: [],
      worker: 'w',
    })),
    catalogues: new Map(hosts.map(({ id, catalogue = [] }) => [id, catalogue])),
  }
  const config = configSchema.parse({ hosts: [{ id: 'a', url: 'http://host' }], models })
  const directory = new ModelDirectory(config.models, false)
  registerOllamaModels(app, { fleet: fleet as FleetView, models: directory, redis: redisOf(hosts), keys })
  const response = await app.inject(body === undefined ? { url } : { method: 'POST', url, payload: body })
  return { status: response.statusCode, json: response.json() }
}

const entry = (model: string, more: Partial<Catalogued> = {}): Catalogued => ({
  model,
  digest: 'd'.repeat(64),
  bytes: 7,
  modifiedAt: '2026-01-02T03:04:05Z',
  ...more,
})

const loaded = (expiresAt: string, more: Partial<InMemory> = {}): InMemory => ({
  model: 'm',
  digest: 'd'.repeat(64),
  bytes: 7,
  vramBytes: 5,
  expiresAt,
  contextTokens: 4_096,
  ...more,
})

const details = { parent_model: '', format: '', family: '', families: [], parameter_size: '', quantization_level: '' }

test('a model is described by the first host that has it, down or not', async () => {
  const hosts = [
    {
      id: 'a',
      up: false,
      catalogue: [entry('m', { bytes: 1, detailsJson: '{"family":"x"}', capabilities: ['tools'] })],
    },
    { id: 'b', catalogue: [entry('m', { bytes: 2 }), entry('a/b:q4', { digest: '', modifiedAt: '' })] },
  ]
  const { json } = await ask(hosts, '/api/tags')
  expect(json).toMatchObject({
    models: [
      {
        name: 'a/b:q4',
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        modified_at: expect.stringMatching(/^\d{4}-/),
      },
      { name: 'm:latest', model: 'm:latest', size: 1, details: { family: 'x' }, capabilities: ['tools'] },
    ],
  })
  expect((json as { models: object[] }).models[0]).toMatchObject({ details })
})

test('a model in the memory of several hosts is one, as long and as large as on any', async () => {
  const hosts = [
    { id: 'a', memory: [loaded('2026-01-02T03:04:05.123456789Z', { bytes: 9 })] },
    { id: 'b', memory: [loaded('2026-01-02T06:04:06.5+02:00', { vramBytes: 8, contextTokens: 8_192 })] },
    { id: 'c', memory: 'broken' },
    { id: 'd', up: false, memory: [loaded('2099-01-01T00:00:00Z')] },
  ]
  expect(await ask(hosts, '/api/ps')).toEqual({
    status: 200,
    json: {
      models: [
        {
          name: 'm:latest',
          model: 'm:latest',
          size: 9,
          digest: 'd'.repeat(64),
          details,
          expires_at: '2026-01-02T04:04:06.500+00:00',
          size_vram: 8,
          context_length: 8_192,
        },
      ],
    },
  })
})

test.each([
  ['2318-03-04T05:06:07.999999999Z', '2318-03-04T05:06:07.999+00:00'],
  ['', undefined],
  ['soon', undefined],
])('a model that a host keeps until %j expires at %s', async (expiresAt, expected) => {
  const { json } = await ask([{ id: 'a', memory: [loaded(expiresAt)] }], '/api/ps')
  expect((json as { models: { expires_at?: string }[] }).models[0]!.expires_at).toBe(expected)
})

test('a description comes from a host that is up, if one of these has it', async () => {
  const hosts = [
    { id: 'a', up: false, catalogue: [entry('m')], show: { m: '{"from":"a"}' } },
    { id: 'b', catalogue: [entry('m')] },
    { id: 'c', catalogue: [entry('m')], show: { m: '{"from": "c", "n": 12345678901234567890}' } },
  ]
  expect((await ask(hosts, '/api/show', { model: 'M:latest' })).json).toMatchObject({ from: 'c' })
  expect((await ask(hosts.slice(0, 2), '/api/show', { name: 'm' })).json).toEqual({ from: 'a' })
})

test('of a model that no host described, only what is known is told', async () => {
  const models = [{ name: 'm', aliases: ['n'] }]
  const nothing = { license: '', modelfile: '', parameters: '', template: '', model_info: {}, details }
  const modified = { modified_at: expect.stringMatching(/^\d{4}-/) }
  expect(await ask([], '/api/show', { model: 'n' }, models)).toEqual({ status: 200, json: { ...nothing, ...modified } })
  const hosts = [{ id: 'a', catalogue: [entry('m', { detailsJson: '{"family":"x"}', capabilities: ['tools'] })] }]
  expect((await ask(hosts, '/api/show', { model: 'n' }, models)).json).toEqual({
    ...nothing,
    details: { family: 'x' },
    capabilities: ['tools'],
    modified_at: '2026-01-02T03:04:05Z',
  })
})
