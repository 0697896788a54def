import type { ModelRequest } from '@drover/shared/requests'
import type { Adjusted } from './bounds.ts'

/** @returns whether the model can, in Ollama's words; undefined where nobody knows: then the host will say. */
export type Can = (capability: string) => boolean | undefined

/** What a model cannot do, in the client's words, and the field that asks for it. */
export interface Lack {
  readonly detail: string
  readonly field: string
}

/** The first thing asked for that the model cannot do; undefined when there is none. */
export const lackOf = (request: ModelRequest, can: Can): Lack | undefined =>
  needs(request).find(({ capability }) => can(capability) === false)?.lack

/** Without a wish for thoughts, where the model has none: the answer is the same, and hosts would refuse it. */
export const withoutThoughts = (request: ModelRequest, can: Can): Adjusted => {
  if (request.kind !== 'chat' && request.kind !== 'generate') return { request, adjusted: [] }
  const { think, ...rest } = request
  if (think === undefined || think === false || can('thinking') !== false) return { request, adjusted: [] }
  return { request: rest, adjusted: ['think'] }
}

interface Need {
  readonly capability: string
  readonly lack: Lack
}

const needs = (request: ModelRequest): Need[] => {
  switch (request.kind) {
    case 'chat':
      return [
        { capability: 'completion', lack: { detail: 'chat', field: 'model' } },
        ...need(request.toolsJson ?? request.toolChoice, 'tools', { detail: 'tools', field: 'tools' }),
        ...need(
          request.messages.find(({ images = [] }) => images.length > 0),
          'vision',
          { detail: 'images', field: 'messages' },
        ),
      ]
    case 'generate':
      return [
        { capability: 'completion', lack: { detail: 'completions', field: 'model' } },
        ...need(request.suffix, 'insert', { detail: 'suffix', field: 'suffix' }),
        ...need(request.images?.[0], 'vision', { detail: 'images', field: 'images' }),
      ]
    case 'embed':
      return [{ capability: 'embedding', lack: { detail: 'embeddings', field: 'model' } }]
    case 'load':
      return []
  }
}

const need = (given: unknown, capability: string, lack: Lack): Need[] =>
  given === undefined || given === '' ? [] : [{ capability, lack }]
