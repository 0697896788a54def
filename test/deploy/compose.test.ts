import { readConfigFile } from '@drover/shared/config/read-file'
import { globSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8')

const service = z.looseObject({
  image: z.string(),
  user: z.string(),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  restart: z.string(),
  mem_limit: z.string(),
  pids_limit: z.number(),
  networks: z.array(z.string()),
  ports: z.array(z.string()).default([]),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  privileged: z.boolean().default(false),
  volumes: z.array(z.union([z.string(), z.looseObject({ type: z.literal('bind'), source: z.string() })])).default([]),
})
const base = z.object({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.looseObject({ internal: z.boolean().optional() }).nullable()),
})
const overlay = z.object({ services: z.record(z.string(), z.looseObject({})) })

const compose = base.parse(parse(await read('docker-compose.yml'), { merge: true }))
const demo = overlay.parse(parse(await read('deploy/demo.yml'), { merge: true }))
const own = Object.entries(compose.services)
const all = [...own, ['demo-hosts', service.parse(demo.services['demo-hosts'])] as const]

describe.each(all)('the container %s', (_name, it) => {
  test('may do nothing that it need not', () => {
    expect(it).toMatchObject({ read_only: true, cap_drop: ['ALL'], privileged: false })
    expect(it.security_opt).toContain('no-new-privileges:true')
    expect(it.user).not.toMatch(/^(0|root)?(:|$)/)
  })

  test('is bounded and comes back', () => {
    expect(it.mem_limit).toMatch(/^\d+[mg]$/)
    expect(it.pids_limit).toBeGreaterThan(0)
    expect(it.restart).toBe('unless-stopped')
  })

  test('mounts only what is there', async () => {
    for (const volume of it.volumes) {
      if (typeof volume === 'string') continue
      expect(volume).toMatchObject({ read_only: true, bind: { create_host_path: false } })
      await stat(path.join(root, volume.source))
    }
  })
})

test.each(own)('%s has a health check', (_name, it) => {
  expect(it.healthcheck?.test[0]).toMatch(/^CMD/)
})

test('only the front is published, and on loopback unless told otherwise', () => {
  expect(own.filter(([, { ports }]) => ports.length > 0).map(([name]) => name)).toEqual(['front'])
  expect(compose.services['front']?.ports).toEqual(['${DROVER_BIND:-127.0.0.1}:${DROVER_PORT:-8000}:8000'])
})

test('only the front and the workers have a way out', () => {
  const isInternal = (network: string): boolean => compose.networks[network]?.internal === true
  const outward = own.filter(([, { networks }]) => !networks.every(isInternal)).map(([name]) => name)
  expect(outward).toEqual(['front', 'worker'])
})

test('compose refuses to start without a key and a Redis password', () => {
  const ours = own.filter(([, { image }]) => image === 'drover:local')
  expect(ours.map(([name]) => name).toSorted()).toEqual(['api', 'guard', 'worker'])
  for (const [, { environment }] of ours) {
    expect(environment['DROVER_API_KEY']).toMatch(/^\$\{DROVER_API_KEY:\?/)
    expect(environment['REDIS_URL']).toMatch(/^redis:\/\/:\$\{REDIS_PASSWORD:\?.*\}@redis:6379$/)
  }
})

test.each(['deploy/drover.yaml', 'deploy/drover.demo.yaml'])('%s is valid and asks for the key', async file => {
  const key = 'k'.repeat(64)
  const config = await readConfigFile(path.join(root, file), { DROVER_API_KEY: key })
  expect(config).toMatchObject({ ok: true, config: { server: { host: '0.0.0.0', port: 8_000, keys: [key] } } })
})

test('the image is given the manifest of every workspace', async () => {
  const { workspaces } = z.object({ workspaces: z.array(z.string()) }).parse(JSON.parse(await read('package.json')))
  const dockerfile = await read('Dockerfile')
  for (const manifest of globSync(
    workspaces.map(name => `${name}/package.json`),
    { cwd: root },
  ))
    expect(dockerfile).toContain(`COPY ${manifest} ${path.dirname(manifest)}/\n`)
})
