import { anthropicMessages } from './anthropic/messages.ts'
import type { Dialect } from './dialect.ts'
import { ollamaChat } from './ollama/chat.ts'
import { ollamaEmbed, ollamaEmbeddings } from './ollama/embed.ts'
import { ollamaGenerate } from './ollama/generate.ts'
import { openaiChat } from './openai/chat.ts'
import { openaiCompletions } from './openai/completions.ts'
import { openaiEmbeddings } from './openai/embeddings.ts'

/** Every path that asks a model, and the dialect spoken there. `/v1/responses` is on its own: it remembers. */
export const dialects: Readonly<Record<string, Dialect>> = {
  '/v1/chat/completions': openaiChat,
  '/v1/completions': openaiCompletions,
  '/v1/embeddings': openaiEmbeddings,
  '/v1/messages': anthropicMessages,
  '/api/chat': ollamaChat,
  '/api/generate': ollamaGenerate,
  '/api/embed': ollamaEmbed,
  '/api/embeddings': ollamaEmbeddings,
}

/** In whose envelope errors are where no route of a dialect was found. */
export const dialectOfPath = (path: string): Pick<Dialect, 'errorBody'> => {
  if (path.startsWith('/api/')) return ollamaChat
  return path.startsWith('/v1/messages') ? anthropicMessages : openaiChat
}
