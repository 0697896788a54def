import { DroverError } from '@drover/shared/errors/drover-error'
import type { FastifyInstance } from 'fastify'

/** Ollama's routes that change which models there are, or who one is at ollama.com. */
const routes: readonly { readonly method: string[]; readonly url: string; readonly wildcard?: string }[] = [
  { method: ['POST'], url: '/api/pull' },
  { method: ['POST'], url: '/api/push' },
  { method: ['POST'], url: '/api/create' },
  { method: ['POST'], url: '/api/copy' },
  { method: ['DELETE'], url: '/api/delete' },
  { method: ['POST', 'HEAD'], url: '/api/blobs/*', wildcard: 'digest' },
  { method: ['POST'], url: '/api/me' },
  { method: ['POST'], url: '/api/signout' },
  { method: ['DELETE'], url: '/api/user/keys/*', wildcard: 'key' },
]

const refused = {
  tag: 'Ollama',
  summary: 'Refused: operators manage the models, on the hosts themselves',
} as const

/** Refused, with the reason, before their bodies are read: some of these are gigabytes. */
export const registerOllamaManaged = (app: FastifyInstance): void => {
  for (const { method, url, wildcard } of routes) {
    const refuse = async (): Promise<never> => {
      throw new DroverError('models_are_managed', { path: url })
    }
    const operation = { ...refused, ...(wildcard !== undefined && { wildcard }) }
    app.route({ method, url, config: { operation }, onRequest: refuse, handler: refuse })
  }
}
