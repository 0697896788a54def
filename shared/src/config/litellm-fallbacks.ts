import { canonicalModel } from '../model-name.ts'
import type { Fleet, ModelDraft } from './litellm-models.ts'
import type { Conversion, Found, Section } from './litellm-section.ts'
import { asText, formatPath } from './problem.ts'
import { didYouMean } from './suggest.ts'

/** `fallbacks` and `context_window_fallbacks`, lists such as `[{llama3: [qwen3, small]}]`, and `default_fallbacks`. */

type Key = 'fallbacks' | 'contextFallbacks'

/** `router_settings` override `litellm_settings`, as in LiteLLM. */
export const addFallbacks = (router: Section, settings: Section, fleet: Fleet, to: Conversion): void => {
  const find = (key: string): Found | undefined => router.take(key) ?? settings.take(key)
  const adder = new FallbackAdder(fleet, to)
  adder.addAll('fallbacks', find('fallbacks'))
  adder.addAll('contextFallbacks', find('context_window_fallbacks'))
  const rest = find('default_fallbacks')
  if (rest !== undefined) adder.addToOthers('fallbacks', rest)
}

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

const child = (path: string, key: string): string => {
  const step = formatPath([key])
  return step.startsWith('[') ? path + step : `${path}.${step}`
}

class FallbackAdder {
  readonly #fleet: Fleet
  readonly #to: Conversion
  readonly #byName: ReadonlyMap<string, ModelDraft>
  readonly #names: readonly string[]
  /** A host that serves whatever it has may have any model. */
  readonly #isOpen: boolean

  constructor(fleet: Fleet, to: Conversion) {
    this.#fleet = fleet
    this.#to = to
    this.#byName = new Map(
      fleet.models.flatMap(model => [model.name, ...(model.aliases ?? [])].map(name => [canonicalModel(name), model])),
    )
    this.#names = fleet.models.flatMap(({ name, aliases = [] }) => [name, ...aliases])
    this.#isOpen = fleet.hosts.some(({ models }) => models === 'auto')
  }

  addAll(key: Key, found: Found | undefined): void {
    if (found === undefined) return
    const items = Array.isArray(found.value) ? (found.value as unknown[]) : [undefined]
    for (const [index, item] of items.entries()) {
      const path = Array.isArray(found.value) ? `${found.path}[${index}]` : found.path
      if (!isMap(item)) {
        this.#to.problems.push({ path, message: 'must be a list of sections such as [{llama3: [qwen3, small]}]' })
        continue
      }
      for (const [name, targets] of Object.entries(item))
        if (name === '*') this.addToOthers(key, { value: targets, path: child(path, name) })
        else this.#addTo(name, key, { value: targets, path: child(path, name) })
    }
  }

  /** To every model that has none of its own. */
  addToOthers(key: Key, found: Found): void {
    const targets = this.#targets(found)
    for (const model of this.#fleet.models.filter(model => model[key] === undefined))
      this.#set(
        model,
        key,
        targets.filter(target => canonicalModel(target) !== canonicalModel(model.name)),
        found.path,
      )
  }

  #addTo(name: string, key: Key, found: Found): void {
    const model = this.#byName.get(canonicalModel(name))
    if (model === undefined)
      this.#warn(found.path, `there is no model_name \`${name}\`${didYouMean(name, this.#names)}`)
    else if (model[key] !== undefined) this.#warn(found.path, `${model.name} has fallbacks already`)
    else {
      const targets = this.#targets(found)
      const others = targets.filter(target => canonicalModel(target) !== canonicalModel(model.name))
      if (others.length < targets.length) this.#warn(found.path, 'a model does not stand in for itself')
      this.#set(model, key, others, found.path)
    }
  }

  #set(model: ModelDraft, key: Key, targets: readonly string[], path: string): void {
    if (targets.length === 0) return
    model[key] = [...targets]
    this.#to.origins.set(`models[${this.#fleet.models.indexOf(model)}].${key}`, path)
  }

  /** Their public names, each once. */
  #targets({ value, path }: Found): string[] {
    if (!Array.isArray(value)) {
      this.#to.problems.push({ path, message: 'must be a list of names of models' })
      return []
    }
    const names = (value as unknown[]).flatMap((target, index) => {
      const name = this.#byName.get(canonicalModel(asText(target)))?.name
      if (name !== undefined) return [name]
      if (typeof target === 'string' && this.#isOpen) return [target]
      const guess = didYouMean(asText(target), this.#names)
      this.#warn(`${path}[${index}]`, `there is no model_name \`${asText(target)}\`${guess}`)
      return []
    })
    return [...new Set(names)]
  }

  #warn(path: string, reason: string): void {
    this.#to.warnings.push({ path, message: `ignored; ${reason}` })
  }
}
