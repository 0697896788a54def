import type { GroupLoad } from '@drover/shared/scheduling/load'
import { afterJob, afterLoad, measuredBefore, unmeasured, type Measured, type Sample } from './speed.ts'

/** How fast a host does the jobs of each model, by public name. */
export class Speeds {
  readonly #byModel = new Map<string, Measured>()

  get all(): ReadonlyMap<string, Measured> {
    return this.#byModel
  }

  /** What another worker measured is where this one begins. */
  remember(groups: Readonly<Record<string, GroupLoad>>): void {
    for (const [model, load] of Object.entries(groups)) this.#byModel.set(model, measuredBefore(load))
  }

  ended(model: string, sample: Sample): void {
    this.#byModel.set(model, afterJob(this.#of(model), sample))
  }

  /** No job waited for it. */
  loaded(model: string, loadMs: number): void {
    this.#byModel.set(model, afterLoad(this.#of(model), loadMs))
  }

  #of(model: string): Measured {
    return this.#byModel.get(model) ?? unmeasured
  }
}
