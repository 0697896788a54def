import { ChatOllama, OllamaEmbeddings } from '@langchain/ollama'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import type { Flow, Target } from '../flow.ts'
import { weather } from './ollama.ts'

/** LangChain, by OpenAI's API and by Ollama's. */

const openai = ({ url }: Target, model: string): ChatOpenAI =>
  new ChatOpenAI({
    model,
    apiKey: 'none',
    temperature: 0,
    topP: 1,
    maxTokens: 12,
    maxRetries: 0,
    configuration: { baseURL: `${url}/v1` },
  })

const ollama = ({ url }: Target, model: string, numPredict = 12): ChatOllama =>
  new ChatOllama({ model, baseUrl: url, temperature: 0, seed: 1, numPredict, think: false, maxRetries: 0 })

interface Said {
  readonly text: string
  readonly usage_metadata?: unknown
}

const invoke = async (model: ChatOpenAI | ChatOllama): Promise<unknown> => {
  const { text, usage_metadata: usage }: Said = await model.invoke('hello')
  const { input_tokens: read, output_tokens: said } = usage as { input_tokens: number; output_tokens: number }
  return { text, tokens: [read, said] }
}

const stream = async (model: ChatOpenAI | ChatOllama): Promise<unknown> => {
  let text = ''
  for await (const part of await model.stream('hello')) text += part.text
  return text
}

const called = async (target: Target): Promise<unknown> => {
  if (target.models.tools === undefined) return undefined
  const { tool_calls: calls } = await ollama(target, target.models.tools, 100).bindTools([weather]).invoke('hello')
  return calls?.map(({ name, args }) => ({ name, args }))
}

const rounded = (vectors: readonly (readonly number[])[]): unknown =>
  vectors.map(vector => vector.map(value => value.toFixed(6)))

const openaiVectors = async ({ url, models }: Target): Promise<unknown> => {
  if (models.embedder === undefined) return undefined
  const configuration = { baseURL: `${url}/v1` }
  const embeddings = new OpenAIEmbeddings({ model: models.embedder, apiKey: 'none', maxRetries: 0, configuration })
  return rounded(await embeddings.embedDocuments(['a', 'b c']))
}

const ollamaVectors = async ({ url, models }: Target): Promise<unknown> => {
  if (models.embedder === undefined) return undefined
  const embeddings = new OllamaEmbeddings({ model: models.embedder, baseUrl: url, maxRetries: 0 })
  return rounded(await embeddings.embedDocuments(['a', 'b c']))
}

export const langchainFlows: readonly Flow[] = [
  { name: 'langchain openai', run: target => invoke(openai(target, target.models.chat)) },
  { name: 'langchain openai, streamed', run: target => stream(openai(target, target.models.chat)) },
  { name: 'langchain openai embeddings', run: openaiVectors },
  { name: 'langchain ollama', run: target => invoke(ollama(target, target.models.chat)) },
  { name: 'langchain ollama, streamed', run: target => stream(ollama(target, target.models.chat)) },
  { name: 'langchain ollama with a tool', run: called },
  { name: 'langchain ollama embeddings', run: ollamaVectors },
]
