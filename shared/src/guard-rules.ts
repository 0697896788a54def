import type { z } from 'zod'
import { callerOfKey } from './caller.ts'
import { scannerSettings, type GuardConfig, type InputSide, type OutputSide } from './config/guard-schema.ts'
import type { Config } from './config/schema.ts'
import { canonicalModel } from './model-name.ts'
import type { FindingAction } from './verdict.ts'

/** Which scanners read a request, and what is done about their findings: `guard` of the configuration, worked out. */

type InputScanner = InputSide['scanners'][number]
type OutputScanner = OutputSide['scanners'][number]
export type ScannerName = InputScanner | OutputScanner
export const sides = ['input', 'output'] as const
/** `input`: what goes to a host. `output`: what comes back. */
export type Side = (typeof sides)[number]

/** `enforce`: nothing passes unscanned. `observe`: everything passes, a copy is scanned beside it. */
export type Passage = 'off' | 'observe' | 'enforce'

export interface GuardRules {
  /** Its place in the book: what another thread or process with the same configuration knows it by. */
  readonly index: number
  readonly mode: GuardConfig['mode']
  readonly input: InputSide
  readonly output: OutputSide
  readonly passage: Readonly<Record<Side, Passage>>
}

const schemasOf = (side: Side): Readonly<Record<string, z.ZodOptional<z.ZodType>>> => scannerSettings[side].shape

/** A scanner's settings with their defaults. Throws where it needs some that are not there. */
export const settingsOf = (side: Side, rules: Pick<GuardRules, Side>, scanner: ScannerName): object => {
  const given: Readonly<Record<string, object | undefined>> = rules[side].settings
  const settings = given[scanner] ?? schemasOf(side)[scanner]?.unwrap().safeParse({}).data
  if (typeof settings !== 'object' || settings === null)
    throw new Error(`the scanner ${scanner} needs guard.${side}.settings.${scanner}`)
  return settings
}

export const actionOf = (settings: object): FindingAction => {
  const { action } = settings as { action?: FindingAction | 'truncate' }
  return action === 'truncate' ? 'redact' : (action ?? 'block')
}

const passageOf = (rules: Pick<GuardRules, Side | 'mode'>, side: Side, enabled: boolean): Passage => {
  const { scanners } = rules[side]
  if (!enabled || scanners.length === 0) return 'off'
  if (rules.mode === 'monitor') return 'observe'
  const acts = scanners.some(scanner => actionOf(settingsOf(side, rules, scanner)) !== 'monitor')
  return acts ? 'enforce' : 'observe'
}

/** All rules of a configuration, the one for everybody else last. The same objects at every call for a request. */
export class GuardRulebook {
  readonly all: readonly GuardRules[]
  readonly #fits: readonly ((group: string, caller: string) => boolean)[]
  readonly #aliases: ReadonlyMap<string, string>

  constructor({ guard, models }: Pick<Config, 'guard' | 'models'>) {
    this.#aliases = new Map(
      models.flatMap(({ name, aliases }) =>
        aliases.map(alias => [canonicalModel(alias), canonicalModel(name)] as const),
      ),
    )
    const everybody = { mode: guard.mode, input: guard.input, output: guard.output }
    const given = [...guard.overrides, everybody]
    this.all = given.map(({ mode = guard.mode, input = guard.input, output = guard.output }, index) => {
      const rules = { index, mode, input, output }
      const passage = {
        input: passageOf(rules, 'input', guard.enabled),
        output: passageOf(rules, 'output', guard.enabled),
      }
      return { ...rules, passage }
    })
    this.#fits = guard.overrides.map(({ models, keys }) => {
      const groups = models && new Set(models.map(name => this.#groupOf(name)))
      const callers = keys && new Set(keys.map(callerOfKey))
      return (group, caller) => (groups?.has(group) ?? true) && (callers?.has(caller) ?? true)
    })
  }

  /** @param model that was asked first, by any of its names: a fallback is guarded as what it stands in for. */
  rulesFor(model: string, caller: string): GuardRules {
    const group = this.#groupOf(model)
    const index = this.#fits.findIndex(fits => fits(group, caller))
    return this.all[index < 0 ? this.all.length - 1 : index] as GuardRules
  }

  #groupOf(name: string): string {
    const canonical = canonicalModel(name)
    return this.#aliases.get(canonical) ?? canonical
  }

  /** Whether some request needs a guard to get through. */
  get enforces(): boolean {
    return this.all.some(({ passage }) => passage.input === 'enforce' || passage.output === 'enforce')
  }
}

/** The group that a job was asked of first. */
export const askedModel = ({ model, tried }: { readonly model: string; readonly tried: readonly string[] }): string =>
  tried[0] ?? model

/** Those that can do something without being told more. */
export const scannersWithoutSettings = (side: Side): string[] =>
  Object.entries(schemasOf(side))
    .filter(([, settings]) => settings.unwrap().safeParse({}).success)
    .map(([name]) => name)
