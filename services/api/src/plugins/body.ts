import { DroverError } from '@drover/shared/errors/drover-error'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseJson } from '../dialects/json.ts'

/**
 * Bodies are JSON, strictly UTF-8. Under `/api/` any content type is taken for it, because Ollama does and its own
 * documentation's `curl -d` sends a form's; elsewhere it must say `application/json`.
 */
export const registerBody = (app: FastifyInstance): void => {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
    if (type !== 'application/json' && !request.url.startsWith('/api/')) throw new DroverError('unsupported_media_type')
    try {
      return parseJson(utf8.decode(body))
    } catch (error) {
      if (error instanceof DroverError) throw error
      throw new DroverError('invalid_json', { detail: 'it is not UTF-8' }, error)
    }
  })
}
