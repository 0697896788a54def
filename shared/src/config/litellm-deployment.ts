import type { Conversion, Found, Section } from './litellm-section.ts'
import type { HostType } from './schema.ts'

/** One entry of a `model_list`. */
export interface Deployment {
  readonly path: string
  readonly publicName: string
  readonly namePath: string
  readonly type: HostType
  /** The host's name for it; '*' for whatever the host has. */
  readonly model: string
  readonly url: Found
  readonly apiKey: Found | undefined
  readonly slots: Found | undefined
  readonly weight: Found | undefined
  readonly options: ReadonlyMap<string, Found>
}

const optionNames = (
  'mirostat mirostat_eta mirostat_tau num_ctx num_batch num_gpu num_gqa num_keep num_predict num_thread main_gpu ' +
  'repeat_last_n repeat_penalty presence_penalty frequency_penalty penalize_newline temperature seed stop tfs_z ' +
  'top_k top_p min_p typical_p use_mmap use_mlock low_vram'
).split(' ')
const renamedOptions = { max_tokens: 'num_predict', max_completion_tokens: 'num_predict' }

const limits = 'a host is limited by its slots (max_parallel_requests), not by rates'
const retries = 'before the first token another host takes over by itself, and a failing host is left alone for a while'
const timeouts = 'one deadline, queue.deadlineMs, covers the whole request'
const notSent = 'hosts are called without it'

const ignoredParams = {
  rpm: limits,
  tpm: limits,
  itpm: limits,
  otpm: limits,
  order: 'all hosts of a model are equal; models[].fallbacks name other models',
  timeout: timeouts,
  stream_timeout: `${timeouts}; the wait for the first token is upstream.firstTokenTimeoutMs`,
  max_retries: retries,
  num_retries: retries,
  cooldown_time: retries,
  allowed_fails: retries,
  keep_alive: 'clients may send it; otherwise the OLLAMA_KEEP_ALIVE of the host holds',
  api_version: notSent,
  organization: notSent,
  extra_headers: notSent,
  guardrails: 'the guard section holds for every model',
}

export const readDeployment = (item: Section, to: Conversion): Deployment | undefined => {
  const params = item.section('litellm_params')
  // Some files write these next to litellm_params instead of in it.
  const take = (key: string): Found | undefined => params.take(key) ?? item.take(key)
  const path = params.pathOf('model')
  const model = params.text('model')
  const provider = params.text('custom_llm_provider')
  const publicName = item.text('model_name')
  const base = take('api_base')
  const deployment = {
    path,
    publicName: publicName ?? model ?? '',
    namePath: publicName === undefined ? path : item.pathOf('model_name'),
    url: baseOf(base ?? { value: 'http://127.0.0.1:11434', path: params.pathOf('api_base') }),
    apiKey: take('api_key'),
    slots: take('max_parallel_requests'),
    weight: take('weight'),
    options: readOptions(params),
  }
  readInfo(item.section('model_info'), to)
  params.ignoreRest(ignoredParams)
  item.ignoreRest(ignoredParams)
  if (model === undefined) {
    if (!to.problems.some(problem => problem.path === path))
      to.problems.push({ path, message: 'is missing; it must be a model such as ollama_chat/llama3.2' })
    return undefined
  }
  const served = servedModel(model, provider)
  const reason = leftOutBecause(served, base, deployment.publicName)
  if (served !== undefined && reason === undefined) return { ...deployment, ...served }
  to.warnings.push({ path, message: `this entry is left out: ${reason}` })
  return undefined
}

const providers: Readonly<Record<string, HostType>> = {
  ollama: 'ollama',
  ollama_chat: 'ollama',
  openai: 'openai',
  hosted_vllm: 'openai',
}

/** Undefined for a provider that is no host of drover's. */
const servedModel = (model: string, provider = ''): Pick<Deployment, 'type' | 'model'> | undefined => {
  const [prefix = '', ...rest] = model.split('/')
  if (rest.length > 0 && Object.hasOwn(providers, prefix) && rest.join('/') !== '')
    return { type: providers[prefix] as HostType, model: rest.join('/') }
  return Object.hasOwn(providers, provider) ? { type: providers[provider] as HostType, model } : undefined
}

const leftOutBecause = (
  served: Pick<Deployment, 'type' | 'model'> | undefined,
  base: Found | undefined,
  publicName: string,
): string | undefined => {
  if (served === undefined)
    return "drover serves models of Ollama (ollama/… or ollama_chat/…) and of servers with OpenAI's API (openai/…)"
  if (served.type === 'openai' && base === undefined)
    return 'without an api_base it is none of your hosts that serves it'
  if (served.model !== '*' && `${served.model}${publicName}`.includes('*'))
    return 'a wildcard must stand for all models, as in ollama_chat/*'
  return undefined
}

/** LiteLLM accepts the address of an endpoint too; the host is the same. */
const baseOf = ({ value, path }: Found): Found => {
  if (typeof value !== 'string') return { value, path }
  const bare = value.endsWith('/') ? value.slice(0, -1) : value
  const suffix = ['/api/generate', '/api/chat', '/api', '/v1'].find(suffix => bare.endsWith(suffix)) ?? ''
  return { value: bare.slice(0, bare.length - suffix.length), path }
}

const readOptions = (params: Section): ReadonlyMap<string, Found> => {
  const options = new Map<string, Found>()
  for (const [key, name] of Object.entries(renamedOptions)) {
    const found = params.take(key)
    if (found !== undefined) options.set(name, found)
  }
  for (const name of optionNames) {
    const found = params.take(name)
    if (found !== undefined) options.set(name, found)
  }
  return options
}

const readInfo = (info: Section, to: Conversion): void => {
  const mode = info.text('mode')
  if (mode !== undefined && !['chat', 'completion', 'embedding', 'responses'].includes(mode))
    to.warnings.push({
      path: info.pathOf('mode'),
      message: 'only text and embeddings are served; the model is listed, requests for anything else are refused',
    })
  info.ignoreRest({})
}
