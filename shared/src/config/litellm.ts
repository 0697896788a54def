import { asText } from './problem.ts'
import { canonicalModel } from '../model-name.ts'
import { addFallbacks } from './litellm-fallbacks.ts'
import { convertGuard } from './litellm-guard.ts'
import type { Fleet } from './litellm-models.ts'
import { convertModels } from './litellm-models.ts'
import type { Conversion } from './litellm-section.ts'
import { ConversionOrigins, Section } from './litellm-section.ts'
import { readStrategy, warnOfWeights } from './litellm-strategy.ts'
import type { Env } from './references.ts'
import { configSchema } from './schema.ts'
import { didYouMean } from './suggest.ts'

/** Turns a LiteLLM file into drover's shape. What drover cannot honour is a warning, never silence. */

const signs = [
  'model_list',
  'litellm_settings',
  'router_settings',
  'general_settings',
  'load_balancing_config',
  'llm_guard',
]

export const isLitellm = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Object.hasOwn(value, 'hosts') &&
  signs.some(sign => Object.hasOwn(value, sign))

export interface Converted extends Conversion {
  /** In drover's shape, references not yet filled in; for the schema to judge. */
  readonly input: object
}

export const convertLitellm = (value: unknown, processEnv: Env): Converted => {
  const exported = environmentOf(value)
  const to: Conversion = {
    env: { ...processEnv, ...exported },
    origins: new ConversionOrigins(),
    problems: [],
    warnings: [],
  }
  const root = new Section(value, [], to)
  if (root.take('environment_variables') !== undefined)
    to.warnings.push({
      path: 'environment_variables',
      message: 'fills in the references of this file only; a converted file needs them in the environment of drover',
    })
  const general = root.section('general_settings')
  const settings = root.section('litellm_settings')
  const router = root.section('router_settings')
  const older = root.section('load_balancing_config')
  const strategy = readStrategy(router, 'routing_strategy', to) ?? readStrategy(older, 'strategy', to)
  const items = [...root.sections('model_list'), ...older.sections('model_list')]
  const fleet = convertModels(items, router.take('default_max_parallel_requests'), to)
  warnOfWeights(fleet, strategy, to)
  addAliases(router.section('model_group_alias'), fleet, to)
  addFallbacks(router, settings, fleet, to)
  const guard = convertGuard(root.section('llm_guard'), to)
  const deadlineMs = readDeadline(settings, router, to)
  const server = readKeys(general, processEnv, to)
  warnOfCallbacks(settings, to)
  general.ignoreRest(ignoredGeneral)
  settings.ignoreRest(ignoredSettings)
  router.ignoreRest(ignoredRouter)
  older.ignoreRest({})
  root.ignoreRest(ignoredRoot)
  return {
    ...to,
    input: {
      ...fleet,
      ...(strategy === undefined ? {} : { strategy }),
      ...(Object.keys(guard).length === 0 ? {} : { guard }),
      ...(deadlineMs === undefined ? {} : { queue: { deadlineMs } }),
      ...(server === undefined ? {} : { server }),
    },
  }
}

/** LiteLLM exports these before it looks anything up. */
const environmentOf = (root: unknown): Record<string, string> => {
  const section = (root as { environment_variables?: unknown }).environment_variables
  if (typeof section !== 'object' || section === null) return {}
  return Object.fromEntries(
    Object.entries(section).flatMap(([name, value]) =>
      ['string', 'number', 'boolean'].includes(typeof value) ? [[name, String(value)]] : [],
    ),
  )
}

const isAliasSection = (value: unknown): value is { model: unknown } =>
  typeof value === 'object' && value !== null && 'model' in value

const addAliases = (section: Section, fleet: Fleet, to: Conversion): void => {
  const byName = new Map(fleet.models.map(model => [canonicalModel(model.name), model]))
  const taken = new Set(byName.keys())
  for (const alias of section.keys()) {
    const path = section.pathOf(alias)
    const { value } = section.take(alias) ?? {}
    const target = isAliasSection(value) ? value.model : value
    const model = byName.get(canonicalModel(asText(target)))
    if (isAliasSection(value))
      to.warnings.push({ path, message: 'an alias is never hidden: it is listed like every model' })
    if (model === undefined)
      to.warnings.push({
        path,
        message: `ignored; there is no model_name \`${asText(target)}\`${didYouMean(asText(target), [...byName.keys()])}`,
      })
    else if (taken.has(canonicalModel(alias)))
      to.warnings.push({ path, message: 'ignored; a model or another alias has this name' })
    else {
      taken.add(canonicalModel(alias))
      model.aliases = [...(model.aliases ?? []), alias]
      to.origins.set(`models[${fleet.models.indexOf(model)}].aliases[${model.aliases.length - 1}]`, path)
    }
  }
}

/** `router_settings` override `litellm_settings`, as in LiteLLM. */
const readDeadline = (settings: Section, router: Section, to: Conversion): number | undefined => {
  const requestPath = settings.pathOf('request_timeout')
  const request = settings.seconds('request_timeout')
  const routerPath = router.pathOf('timeout')
  const timeout = router.seconds('timeout')
  const seconds = timeout ?? request
  if (seconds === undefined) return undefined
  const path = timeout === undefined ? requestPath : routerPath
  to.origins.set('queue.deadlineMs', path)
  to.warnings.push({
    path,
    message: 'is read as queue.deadlineMs, which counts from arrival, the wait in the queue included',
  })
  return Math.round(seconds * 1_000)
}

/** Without a `master_key` LiteLLM takes this variable for it. */
const masterKeyVariable = 'LITELLM_MASTER_KEY'

const readKeys = (general: Section, env: Env, to: Conversion): { keys: unknown[] } | undefined => {
  const found = general.take('master_key')
  if (found === undefined && !env[masterKeyVariable]) return undefined
  to.origins.set('server.keys[0]', found?.path ?? masterKeyVariable)
  return { keys: [found?.value ?? `os.environ/${masterKeyVariable}`] }
}

const guardAdvice = 'drover scans by itself; list the scanners under llm_guard, or under guard in a drover.yaml'

const warnOfCallbacks = (settings: Section, to: Conversion): void => {
  const path = settings.pathOf('callbacks')
  for (const name of new Set(settings.list('callbacks').map(String)))
    to.warnings.push({
      path,
      message: `ignored: ${name}; ${name === 'llmguard_moderations' ? guardAdvice : 'drover calls no callbacks'}`,
    })
}

const retries = 'before the first token another host takes over by itself, and a failing host is left alone for a while'
const redis = 'give drover its Redis by the variable REDIS_URL'
const slots = 'the slots of the hosts limit what runs at once, queue.depthMax what waits'
const overridden = 'those of router_settings count'
const health = 'hosts are always probed in the background; see probe.intervalMs'
const callbacks = 'drover calls no callbacks'
const cache = 'answers are kept where a drover.yaml says so: cache.enabled'

const ignoredRouter = {
  num_retries: retries,
  max_fallbacks: 'each fallback of a list is tried once',
  content_policy_fallbacks: 'what the guard refuses is refused for every model',
  retry_after: retries,
  retry_policy: retries,
  allowed_fails: retries,
  allowed_fails_policy: retries,
  cooldown_time: retries,
  disable_cooldowns: retries,
  stream_timeout: 'the wait for the first token is upstream.firstTokenTimeoutMs',
  redis_host: redis,
  redis_port: redis,
  redis_password: redis,
  redis_db: redis,
  redis_url: redis,
}

const ignoredSettings = {
  ...ignoredRouter,
  fallbacks: overridden,
  context_window_fallbacks: overridden,
  default_fallbacks: overridden,
  drop_params: 'Ollama itself passes over options it does not know',
  cache,
  cache_params: cache,
  success_callback: callbacks,
  failure_callback: callbacks,
  guardrails: guardAdvice,
  llm_guard_mode: 'the guard holds for every request',
  sse_keepalive_ping_interval_seconds: 'see server.heartbeatMs',
}

const ignoredGeneral = {
  database_url: 'drover needs no database',
  max_parallel_requests: slots,
  global_max_parallel_requests: slots,
  background_health_checks: health,
  health_check_interval: health,
  health_check_details: health,
  use_shared_health_check: health,
}

const ignoredRoot = {
  guardrails: guardAdvice,
  credential_list: 'a host is called with the api_key of its entries',
  include: 'other files are not included',
  ...Object.fromEntries(
    Object.keys(configSchema.shape).map(key => [
      key,
      'a LiteLLM file has no drover sections; make it a drover.yaml with `bin/drover config convert`',
    ]),
  ),
}
