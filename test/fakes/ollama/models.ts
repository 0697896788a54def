import { createHash } from 'node:crypto'
import { canonicalModel } from '@drover/shared/model-name'
import type { LoadedModel } from './scheduler.ts'

/** The models a host has installed, and what it tells about them. */

/** Ollama shows every name with its tag. */
export const displayName = (name: string): string => (/:[^/]+$/.test(name) ? name : `${name}:latest`)

/** Embedding models do only that; every other one can chat, call tools and think. */
export const isEmbeddingModel = (name: string): boolean => name.toLowerCase().includes('embed')

const capabilities = (name: string): string[] =>
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

/** /api/tags */
export const tagEntry = (name: string): object => ({
  name,
  model: name,
  modified_at: modifiedAt,
  size: sizeBytes,
  digest: digest(name),
  details: { ...details, context_length: 131_072, embedding_length: 3_072 },
  capabilities: capabilities(name),
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
export const showEntry = (name: string): object => ({
  license: 'none',
  modelfile: `FROM ${name}\n`,
  parameters: 'stop    "<|eot_id|>"',
  template: '{{ .Prompt }}',
  details,
  model_info: { 'general.architecture': 'llama', 'llama.context_length': 131_072, 'llama.embedding_length': 3_072 },
  capabilities: capabilities(name),
  modified_at: modifiedAt,
})
