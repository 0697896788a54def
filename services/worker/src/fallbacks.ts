import type { ModelConfig } from '@drover/shared/config/schema'
import { canonicalModel } from '@drover/shared/model-name'
import type { ChatJob } from '@drover/shared/queues'

/** Why a model did not answer, before its first token. */
export type FallbackCause =
  /** Every host that serves it failed. */
  'upstream_failed' | 'context_length_exceeded'

type Model = Pick<ModelConfig, 'name' | 'aliases' | 'fallbacks' | 'contextFallbacks'>

/**
 * The group that answers in the place of the job's model; undefined when there is none. Those of the model that the client
 * named come first, then those of its stand-ins, in their order. Each model is asked at most once.
 * @param isLive whether a host that is up serves the group.
 */
export const nextModel = (
  job: Pick<ChatJob, 'model' | 'tried'>,
  cause: FallbackCause,
  models: readonly Model[],
  isLive: (model: string) => boolean,
): string | undefined => {
  const asked = [...job.tried, job.model]
  const names = asked.flatMap(group => {
    const model = models.find(({ name }) => canonicalModel(name) === group)
    return (cause === 'upstream_failed' ? model?.fallbacks : model?.contextFallbacks) ?? []
  })
  return names.map(name => groupOf(name, models)).find(group => !asked.includes(group) && isLive(group))
}

/** Another model's job: what is known of hosts and caches is the former one's, and so are the starts it had. */
export const asModel = (job: ChatJob, model: string): ChatJob => {
  const { boundTo: _bound, boundUntil: _until, conversation: _warm, continues: _continues, ...rest } = job
  return { ...rest, model, tried: [...job.tried, job.model], excludedHosts: [] }
}

const groupOf = (name: string, models: readonly Model[]): string => {
  const canonical = canonicalModel(name)
  const model = models.find(({ aliases }) => aliases.some(alias => canonicalModel(alias) === canonical))
  return model === undefined ? canonical : canonicalModel(model.name)
}
