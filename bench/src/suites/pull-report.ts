import { pullerNames } from '../pull-bed.ts'
import { renderTable, type Row } from '../table.ts'
import type { PhaseName, PullOptions } from './pull.ts'
import type { FigureName, Summary } from './pull-summary.ts'

export interface PullResult {
  readonly options: PullOptions
  readonly machine: { readonly cpus: number; readonly node: string; readonly load1: number }
  readonly bySlots: readonly { readonly slots: number; readonly summary: Readonly<Record<PhaseName, Summary>> }[]
}

export const pullReport = ({ options, machine, bySlots }: PullResult): string => {
  const { rounds, requests } = options
  return [
    `Medians of ${rounds} interleaved rounds (${requests} jobs one at a time), Node ${machine.node.slice(1)} on ${machine.cpus} cores that also run the host and the producer; load before: ${machine.load1.toFixed(1)}.`,
    renderTable([...pullerNames, 'by hand ÷ Worker'], bySlots.flatMap(slotRows)),
  ].join('\n\n')
}

const costs: readonly [label: string, figure: FigureName, digits: number][] = [
  ['worker CPU ms/job', 'workerCpuMs', 3],
  ['redis CPU ms/job', 'redisCpuMs', 3],
  ['scripts/job', 'scripts', 2],
]

const shownFigures: Record<PhaseName, readonly [label: string, figure: FigureName, digits: number][]> = {
  'one at a time': [['add → done p50 µs', 'p50Us', 0], ['add → done p95 µs', 'p95Us', 0], ...costs],
  'a job per slot': [['jobs/s', 'perS', 0], ...costs],
  saturated: [['jobs/s', 'perS', 0], ...costs],
}

const slotRows = ({ slots, summary }: PullResult['bySlots'][number]): Row[] => [
  { heading: slots === 1 ? '1 slot' : `${slots} slots` },
  ...Object.entries(summary).flatMap(([phase, { median, ratio }]) =>
    shownFigures[phase as PhaseName].map(([label, figure, digits]) => ({
      label: `${phase}, ${label}`,
      cells: [...pullerNames.map(name => shown(median[name][figure], digits)), shown(ratio[figure], 2)],
    })),
  ),
]

const shown = (value: number | undefined, digits: number): string =>
  value === undefined ? 'n/a' : value.toFixed(digits)
