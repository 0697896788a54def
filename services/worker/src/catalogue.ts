import type { Catalogued } from '@drover/shared/catalogue'
import type { Logger } from '@drover/shared/logger'
import { createHash } from 'node:crypto'
import type { Installed, ModelDescription } from './hosts/host.ts'

export interface CatalogueDeps {
  readonly hostId: string
  readonly logger: Logger
  /** Asks the host about a model, as it names it. May throw anything. */
  describe(ownName: string, signal: AbortSignal): Promise<ModelDescription | undefined>
  /** It knows more than it did. */
  onChange(): void
}

/** Longest wait for one description. */
const describeMs = 10_000

/** Before a model is asked about again: doubled each time that the host did not say. */
const pauseMs = { first: 5_000, max: 300_000 } as const

/** Of one host. Beyond them models are listed without what they can do: each may cost Redis 256 kB. */
const describedMax = 1_000

/** A model under the host's own name. */
interface Model {
  installed: Installed
  capabilities: readonly string[] | undefined
  /** Nothing is left to ask, as long as it is the same model. */
  told: boolean
  /** How often the host did not say. */
  tries: number
  /** `performance.now()`. */
  notBeforeMs: number
}

/** What a host has and can do, for clients that ask. Models are asked about one at a time, and nobody waits for it. */
export class Catalogue implements Disposable {
  readonly #deps: CatalogueDeps
  readonly #closed = new AbortController()
  readonly #models = new Map<string, Model>()
  /** By public name; not yet taken by `published`. */
  readonly #descriptions = new Map<string, string>()
  #names: ReadonlyMap<string, string> = new Map()
  #remembered: { readonly version: string | undefined; readonly models: readonly Catalogued[] } = {
    version: undefined,
    models: [],
  }
  #seen = false
  #asking = false
  #losses = 0

  constructor(deps: CatalogueDeps) {
    this.#deps = deps
  }

  /** Asks no more. */
  [Symbol.dispose](): void {
    this.#closed.abort()
  }

  /** What the last worker told counts until this one has asked. */
  remember(version: string | undefined, models: readonly Catalogued[]): void {
    this.#remembered = { version, models }
  }

  /** After a probe that the host answered. Never waits, never throws. @param names own name by public name. */
  see(installed: readonly Installed[], names: ReadonlyMap<string, string>): void {
    this.#seen = true
    this.#names = names
    const served = new Set(names.values())
    const has = installed.filter(({ name }) => served.has(name))
    const kept = new Set(has.map(({ name }) => name))
    for (const name of this.#models.keys()) if (!kept.has(name)) this.#models.delete(name)
    for (const model of has) this.#see(model)
    void this.#ask()
  }

  /** Undefined until the host was seen. */
  get models(): Catalogued[] | undefined {
    if (!this.#seen) return undefined
    return [...this.#names].flatMap(([group, name]) => {
      const model = this.#models.get(name)
      return model === undefined ? [] : [catalogued(group, model)]
    })
  }

  /** Changes whenever `models` does, and when they were lost; undefined while nothing is known of the host. */
  get version(): string | undefined {
    const { models } = this
    if (models === undefined) return this.#remembered.version
    return createHash('sha256')
      .update(JSON.stringify([this.#losses, models]))
      .digest('base64url')
      .slice(0, 16)
  }

  /** What the host has said of models since it was last published: raw JSON text by public name. */
  get descriptions(): ReadonlyMap<string, string> {
    return new Map(this.#descriptions)
  }

  /** They are not kept here: hosts have many models, and processes many hosts. */
  published(descriptions: ReadonlyMap<string, string>): void {
    for (const [group, json] of descriptions)
      if (this.#descriptions.get(group) === json) this.#descriptions.delete(group)
  }

  /** What was published is gone: all is asked anew, and those who read too early read again. */
  lost(): void {
    this.#losses += 1
    for (const model of this.#models.values()) model.told = false
  }

  #see(installed: Installed): void {
    const known = this.#models.get(installed.name)
    if (known !== undefined && sameModel(known.installed, installed)) known.installed = installed
    else {
      const capabilities = this.#rememberedCapabilities(installed)
      this.#models.set(installed.name, { installed, capabilities, told: false, tries: 0, notBeforeMs: 0 })
    }
  }

  #rememberedCapabilities({ name, digest }: Installed): readonly string[] | undefined {
    if (digest === '') return undefined
    return this.#remembered.models.find(last => last.digest === digest && this.#names.get(last.model) === name)
      ?.capabilities
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    let changed = false
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const answer = await this.#describe(next)
      changed ||= answer === 'told'
      // A host that fails is not asked on; after the next probe, others come first.
      if (answer === 'failed') break
    }
    this.#asking = false
    if (changed && !this.#closed.signal.aborted) this.#deps.onChange()
  }

  #next(): Model | undefined {
    if (this.#closed.signal.aborted) return undefined
    const nowMs = performance.now()
    const asked = [...this.#models.values()].slice(0, describedMax)
    return asked.find(({ told, notBeforeMs }) => !told && nowMs >= notBeforeMs)
  }

  async #describe(model: Model): Promise<'told' | 'not told' | 'failed'> {
    const { name } = model.installed
    try {
      const either = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(describeMs)])
      const description = await this.#deps.describe(name, either)
      // It may be another model by now, which is asked about next.
      if (this.#models.get(name) !== model) return 'not told'
      if (description === undefined) return later(model)
      model.told = true
      model.tries = 0
      model.capabilities = description.capabilities
      for (const [group, own] of this.#names) if (own === name) this.#descriptions.set(group, description.json)
      return 'told'
    } catch (error) {
      const { hostId, logger } = this.#deps
      if (!this.#closed.signal.aborted)
        logger.warn({ err: error, host: hostId, model: name }, 'could not ask what a model can do')
      later(model)
      return 'failed'
    }
  }
}

const later = (model: Model): 'not told' => {
  model.notBeforeMs = performance.now() + Math.min(pauseMs.first * 2 ** model.tries, pauseMs.max)
  model.tries += 1
  return 'not told'
}

/** Where the host tells no digest, by when it was changed. */
const sameModel = (one: Installed, other: Installed): boolean =>
  one.digest === other.digest && (one.digest !== '' || one.modifiedAt === other.modifiedAt)

const catalogued = (model: string, { installed, capabilities }: Model): Catalogued => {
  const { digest, bytes, modifiedAt, detailsJson } = installed
  return {
    model,
    digest,
    bytes,
    modifiedAt,
    ...(detailsJson === undefined ? {} : { detailsJson }),
    ...(capabilities === undefined ? {} : { capabilities: [...capabilities] }),
  }
}
