import { median } from '../statistics.ts'
import { variantNames, type VariantName } from '../test-bed.ts'

/** What the rounds say together. A ratio is taken within a round, where both saw the same machine, and then the median. */

/** Of one variant in one round. */
export interface Figures {
  readonly jsonP50Us: number
  readonly jsonP95Us: number
  readonly firstTokenP50Us: number
  readonly firstTokenP95Us: number
  readonly jsonPerS: number
  readonly tokensPerS: number
  /** Milliseconds of CPU per request, by process; empty where the machine does not tell. */
  readonly jsonCpuMs: Readonly<Record<string, number>>
  readonly streamCpuMs: Readonly<Record<string, number>>
}

export type Round = Readonly<Record<VariantName, Figures>>

/** Every figure is one number, `undefined` where there is none: CPU on a machine without /proc, or of the host itself. */
const figures = {
  jsonP50Us: round => round.jsonP50Us,
  jsonP95Us: round => round.jsonP95Us,
  firstTokenP50Us: round => round.firstTokenP50Us,
  firstTokenP95Us: round => round.firstTokenP95Us,
  jsonPerS: round => round.jsonPerS,
  tokensPerS: round => round.tokensPerS,
  jsonCpuMs: round => total(round.jsonCpuMs),
  streamCpuMs: round => total(round.streamCpuMs),
} satisfies Record<string, (round: Figures) => number | undefined>

export type FigureName = keyof typeof figures
type Numbers = Readonly<Record<FigureName, number | undefined>>

export interface VariantSummary {
  readonly median: Numbers
  /** Minus the host asked directly, in the same round. */
  readonly added: Numbers
  /** × the bare proxy in the same round. */
  readonly overProxy: Numbers
  /** What is added × what the bare proxy adds: `overProxy` without the host's own time, which flatters. */
  readonly addedOverProxy: Numbers
  readonly jsonCpuMs: Readonly<Record<string, number>>
  readonly streamCpuMs: Readonly<Record<string, number>>
}

export interface Bound {
  readonly what: string
  readonly unit: 'ms' | '×'
  readonly measured: number
  /** Measured of a bare BullMQ path, with nothing around it. */
  readonly floor: number
  readonly factor: number
  readonly within: boolean
}

export interface Summary {
  readonly variants: Readonly<Record<VariantName, VariantSummary>>
  readonly bounds: readonly Bound[]
}

export const summarize = (rounds: readonly Round[]): Summary => {
  const variants = Object.fromEntries(variantNames.map(name => [name, summarizeVariant(rounds, name)]))
  return { variants: variants as Summary['variants'], bounds: bounds(variants['drover']!) }
}

const summarizeVariant = (rounds: readonly Round[], name: VariantName): VariantSummary => {
  const over = (combine: (own: number, round: Round, figure: FigureName) => number | undefined): Numbers =>
    numbers(figure =>
      medianOf(
        rounds.map(round => {
          const own = figures[figure](round[name])
          return own === undefined ? undefined : combine(own, round, figure)
        }),
      ),
    )
  return {
    median: over(own => own),
    added: over((own, round, figure) => withOther(figures[figure](round.direct), direct => own - direct)),
    overProxy: over((own, round, figure) => withOther(figures[figure](round.proxy), proxy => own / proxy)),
    addedOverProxy: over((own, round, figure) =>
      withOther(figures[figure](round.direct), direct =>
        withOther(figures[figure](round.proxy), proxy => (own - direct) / (proxy - direct)),
      ),
    ),
    jsonCpuMs: mediansByProcess(rounds.map(round => round[name].jsonCpuMs)),
    streamCpuMs: mediansByProcess(rounds.map(round => round[name].streamCpuMs)),
  }
}

const factor = 1.5

const bounds = ({ added, overProxy, addedOverProxy }: VariantSummary): Bound[] => {
  const bound = (what: string, unit: Bound['unit'], measured: number, floor: number): Bound => ({
    what,
    unit,
    measured,
    floor,
    factor,
    within: measured <= floor * factor,
  })
  return [
    bound('added p50, JSON', 'ms', (added.jsonP50Us ?? NaN) / 1_000, 1.7),
    bound('added p50, first token', 'ms', (added.firstTokenP50Us ?? NaN) / 1_000, 1.7),
    bound('first token p50 × proxy', '×', overProxy.firstTokenP50Us ?? NaN, 4),
    bound("added first token p50 × proxy's", '×', addedOverProxy.firstTokenP50Us ?? NaN, 4),
  ]
}

const numbers = (value: (figure: FigureName) => number | undefined): Numbers =>
  Object.fromEntries((Object.keys(figures) as FigureName[]).map(name => [name, value(name)])) as Numbers

const medianOf = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter(value => value !== undefined)
  return known.length === 0 ? undefined : median(known)
}

const mediansByProcess = (rounds: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const names = new Set(rounds.flatMap(round => Object.keys(round)))
  return Object.fromEntries([...names].map(name => [name, medianOf(rounds.map(round => round[name])) ?? NaN]))
}

const withOther = (other: number | undefined, combine: (other: number) => number | undefined): number | undefined =>
  // Fewer than a clock tick's worth of CPU reads as none; nothing can be compared with it.
  other === undefined || other === 0 ? undefined : combine(other)

const total = (byProcess: Readonly<Record<string, number>>): number | undefined => {
  const values = Object.values(byProcess)
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
}
