import type { HostState } from '@drover/shared/fleet'
import type { FastifyInstance } from 'fastify'
import { createHash } from 'node:crypto'
import type { FleetView } from '../fleet-view.ts'
import type { ModelDirectory } from '../model-directory.ts'

/** What Ollama's clients ask before they chat: are you there, how new are you, what have you got. HEAD comes with GET. */
export const registerOllamaTags = (app: FastifyInstance, fleet: FleetView, models: ModelDirectory): void => {
  app.get('/', { config: { open: true } }, (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send('Ollama is running'),
  )
  app.get('/api/version', () => ({ version: oldestVersion(fleet.hosts) }))
  app.get('/api/tags', () => ({ models: models.names(fleet.hosts).map(tag) }))
}

/** Hosts may disagree on all but the name: the rest is there because clients print or parse it. */
const tag = (name: string): object => ({
  name,
  model: name,
  modified_at: startedAt,
  size: 0,
  // Ollama's own client cuts it to twelve characters and breaks on fewer.
  digest: createHash('sha256').update(name).digest('hex'),
  details: { parent_model: '', format: 'gguf', family: '', families: [], parameter_size: '', quantization_level: '' },
})

const startedAt = new Date().toISOString()

type Version = readonly [number, number, number]

/** Clients switch features on by it, so the fleet is as old as its oldest host. Three plain numbers: clients split them. */
const oldestVersion = (hosts: readonly Pick<HostState, 'version'>[]): string => {
  const versions = hosts.flatMap(({ version = '' }): Version[] => {
    const [found, major, minor, patch] = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})/.exec(version) ?? []
    return found === undefined ? [] : [[Number(major), Number(minor), Number(patch)]]
  })
  const [oldest = [0, 0, 0]] = versions.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
  return oldest.join('.')
}
