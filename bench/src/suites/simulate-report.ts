import type { FairnessRow } from '../simulate/fairness.ts'
import type { DecisionCost, ScaleRun } from '../simulate/scale.ts'
import type { SwapCase } from '../simulate/swaps.ts'
import type { Times } from '../simulate/times.ts'
import type { UnevenCase } from '../simulate/uneven.ts'
import { renderTable, type Row } from '../table.ts'

export interface SimulateResult {
  readonly uneven: readonly UnevenCase[]
  readonly swaps: readonly SwapCase[]
  readonly fairness: readonly FairnessRow[]
  readonly costs: readonly DecisionCost[]
  readonly scale: ScaleRun
}

export const simulateReport = ({ uneven, swaps, fairness, costs, scale }: SimulateResult): string =>
  [
    'Uneven hosts, one model. Seconds; ÷ is the total against the first row’s.',
    renderTable(
      ['wait mean', 'p95', 'p99', 'total mean', 'p95', 'p99', 'mean ÷', 'p95 ÷', 'p99 ÷'],
      uneven.flatMap(unevenRows),
    ),
    'Models that can’t be loaded together. Seconds.',
    renderTable(['loads', 'total mean', 'p95', 'p99', 'longest'], swaps.flatMap(swapRows)),
    '10,000 requests of one caller, then 100 of another, one every two service times: its wait in mean service times.',
    renderTable(
      ['mean', 'p95', 'p99'],
      fairness.map(({ policy, hosts, wait }) => ({
        label: `${hosts}, ${policy}`,
        cells: valuesOf(wait).map(value => value.toFixed(2)),
      })),
    ),
    'Cost of a decision; and of one with the change of two hosts around it.',
    renderTable(['decision ns', 'with changes ns'], costs.map(costRow)),
    `${scale.hosts} hosts, ${scale.requests} requests at 85 % load: ${scale.wallS.toFixed(1)} s; total mean ${seconds(scale.total.mean)} s, p95 ${seconds(scale.total.p95)} s.`,
  ].join('\n\n')

const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 100_000 ? 1 : 0)

const valuesOf = ({ mean, p95, p99 }: Times): readonly number[] => [mean, p95, p99]

const unevenRows = ({ name, rows }: UnevenCase): Row[] => {
  const base = rows[0]?.total
  const ratios = (total: Times): string[] =>
    base === undefined ? [] : [total.mean / base.mean, total.p95 / base.p95, total.p99 / base.p99].map(ratio)
  return [
    { heading: name },
    ...rows.map(({ policy, wait, total }) => ({
      label: policy,
      cells: [...[...valuesOf(wait), ...valuesOf(total)].map(seconds), ...ratios(total)],
    })),
  ]
}

/** A policy that can't keep up has no ratio: it grows with the length of the run. */
const ratio = (value: number): string => (value < 10 ? value.toFixed(2) : 'diverges')

const swapRows = ({ name, rows }: SwapCase): Row[] => [
  { heading: name },
  ...rows.map(({ policy, loads, total, maxMs }) => ({
    label: policy,
    cells: [String(loads), ...[...valuesOf(total), maxMs].map(seconds)],
  })),
]

const costRow = ({ hosts, waiting, decideNs, pullNs }: DecisionCost): Row => ({
  label: `${hosts} hosts, ${waiting} jobs waiting`,
  cells: [decideNs.toFixed(0), pullNs.toFixed(0)],
})
