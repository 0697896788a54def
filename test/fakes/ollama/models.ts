import { createHash } from 'node:crypto'
import { canonicalModel } from '@drover/shared/model-name'
import type { LoadedModel } from './scheduler.ts'

/** The models a host has installed, and what it tells about them. */

/** Ollama shows every name with its tag. */
export const displayName = (name: string): string => (/:[^/]+$/.test(name) ? name : `${name}:latest`)

/** The name in full, as Ollama says it when a model lacks a capability. */
export const fullName = (name: string): string => {
  const shown = displayName(name)
  const parts = shown.split('/').length
  if (parts > 2) return shown
  return `registry.ollama.ai/${parts === 1 ? 'library/' : ''}${shown}`
}

/** What Ollama takes for a name at all. */
export const isName = (name: string): boolean => /^[\w.:/-]+$/.test(name)

/** A model that ollama.com runs: the tag `cloud`, or one that ends with `-cloud`. */
export const isCloudName = (name: string): boolean => /:(?:.*-)?cloud$/i.test(name)

/** A name without what Ollama adds to make it full. */
export const shortName = (name: string): string => name.replace(/^(?:registry\.ollama\.ai\/)?library\//i, '')

/** What a model can be refused for not having; more can be shown. */
export type Capability = 'completion' | 'tools' | 'thinking' | 'vision' | 'insert' | 'embedding'

/** Embedding models do only that; every other one can chat, call tools and think. */
export const isEmbeddingModel = (name: string): boolean => name.toLowerCase().includes('embed')

export const usualCapabilities = (name: string): readonly string[] =>
  isEmbeddingModel(name) ? ['embedding'] : ['completion', 'tools', 'thinking']

const sizeBytes = 2_019_393_189
const modifiedAt = '2026-01-02T03:04:05.123456789Z'

const digest = (name: string): string => createHash('sha256').update(canonicalModel(name)).digest('hex')

const details = {
  parent_model: '',
  format: 'gguf',
  family: 'llama',
  families: ['llama'],
  parameter_size: '3.2B',
  quantization_level: 'Q4_K_M',
}

/** Tokens that every model was trained for: no context is larger. */
export const trainedContext = 131_072

/** /api/tags */
export const tagEntry = (name: string, capabilities = usualCapabilities(name)): object => ({
  name,
  model: name,
  modified_at: modifiedAt,
  size: sizeBytes,
  digest: digest(name),
  details: { ...details, context_length: trainedContext, embedding_length: 3_072 },
  capabilities,
})

/** /api/ps */
export const processEntry = (loaded: LoadedModel): object => ({
  name: loaded.name,
  model: loaded.name,
  size: sizeBytes,
  digest: digest(loaded.name),
  details,
  expires_at: new Date(loaded.expiresAtMs).toISOString(),
  size_vram: sizeBytes,
  context_length: loaded.contextLength,
})

/** /api/show */
export const showEntry = (name: string, capabilities: readonly string[]): object => ({
  license: 'none',
  modelfile: `FROM ${name}\n`,
  parameters: 'stop    "<|eot_id|>"',
  template: '{{ .Prompt }}',
  details,
  model_info: {
    'general.architecture': 'llama',
    'llama.context_length': trainedContext,
    'llama.embedding_length': 3_072,
  },
  capabilities,
  modified_at: modifiedAt,
})
