import type { Config } from '@drover/shared/config/schema'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

const operation = {
  tag: 'drover',
  summary: 'The configuration in force',
  description: 'As `drover.yaml` has it, with its defaults and without its secrets.',
  answer: z.looseObject({}),
} as const

/** The configuration in force, for people. Keys are counted, credentials in URLs dropped, banned strings hidden. */
export const registerConfig = (app: FastifyInstance, config: Config): void => {
  app.get('/config', { config: { operation } }, () => redact(config))
}

const redact = (config: Config): object => ({
  ...config,
  hosts: config.hosts.map(({ apiKey, ...host }) => ({
    ...host,
    url: new URL(host.url).origin,
    ...(apiKey === undefined ? {} : { apiKey: '[redacted]' }),
  })),
  server: redactKeys(config.server),
  admin: redactKeys(config.admin),
  guard: {
    ...config.guard,
    input: redactSide(config.guard.input),
    output: redactSide(config.guard.output),
    overrides: config.guard.overrides.map(({ keys, input, output, ...override }) => ({
      ...override,
      ...(keys && { keys: keys.map(() => '[redacted]') }),
      ...(input && { input: redactSide(input) }),
      ...(output && { output: redactSide(output) }),
    })),
  },
})

const redactKeys = <Section extends { keys: string[] }>(section: Section): Section => ({
  ...section,
  keys: section.keys.map(() => '[redacted]'),
})

const redactSide = (side: Config['guard']['input'] | Config['guard']['output']): object => {
  const banned = side.settings.BanSubstrings
  if (banned === undefined) return side
  const hidden = { ...banned, substrings: `[${banned.substrings.length} redacted]` }
  return { ...side, settings: { ...side.settings, BanSubstrings: hidden } }
}
