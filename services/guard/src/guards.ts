import { GuardRulebook, type GuardRules, type Side } from '@drover/shared/guard-rules'
import type { Config } from '@drover/shared/config/schema'
import { createGuard, type Guard } from './engine.ts'

/** Every guard that a configuration asks for, made once. */
export class Guards {
  readonly rulebook: GuardRulebook
  readonly #made: readonly Readonly<Record<Side, Guard>>[]

  /** Throws on settings that can't be kept. */
  constructor(config: Pick<Config, 'guard' | 'models'>) {
    this.rulebook = new GuardRulebook(config)
    // Overrides leave most sides as they are for everybody: a guard has megabytes of words and weights.
    const known = new Map<string, Guard>()
    const make = (side: Side, rules: GuardRules): Guard => {
      const like = JSON.stringify([side, rules.mode, rules[side]])
      const guard = known.get(like) ?? createGuard(side, rules, config.guard.budgetMs)
      known.set(like, guard)
      return guard
    }
    this.#made = this.rulebook.all.map(rules => ({ input: make('input', rules), output: make('output', rules) }))
  }

  /** @param rules of this book, or of another one of the same configuration. */
  of({ index }: Pick<GuardRules, 'index'>, side: Side): Guard {
    return (this.#made[index] as Readonly<Record<Side, Guard>>)[side]
  }
}

/** Why a guard would not start with a configuration; undefined where it would. Makes all of them to know. */
export const guardProblem = (config: Pick<Config, 'guard' | 'models'>): string | undefined => {
  try {
    void new Guards(config)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'its scanners cannot be made'
  }
}
