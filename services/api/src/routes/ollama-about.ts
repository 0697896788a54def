import type { HostState } from '@drover/shared/fleet'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { FleetView } from '../fleet-view.ts'
import type { Operation } from '../openapi/operation.ts'

const tag = 'Ollama'
const operations = {
  here: { tag, summary: 'Whether anybody is there', answer: 'text/plain' },
  version: {
    tag,
    summary: 'The version of the oldest host',
    answer: z.object({
      version: z.string().meta({ description: 'Three numbers; `0.0.0` while no host was reached.' }),
    }),
  },
} as const satisfies Record<string, Operation>

/** What Ollama's clients ask first: are you there, and how new are you. HEAD comes with GET. */
export const registerOllamaAbout = (app: FastifyInstance, fleet: FleetView): void => {
  app.get('/', { config: { open: true, operation: operations.here } }, (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send('Ollama is running'),
  )
  app.get('/api/version', { config: { operation: operations.version } }, () => ({
    version: oldestVersion(fleet.hosts),
  }))
}

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
