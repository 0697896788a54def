import { renderTable, type Row } from '../table.ts'
import { variantNames } from '../test-bed.ts'
import type { OverheadOptions } from './overhead.ts'
import type { Bound, FigureName, Summary, VariantSummary } from './overhead-summary.ts'

interface OverheadResult {
  readonly options: OverheadOptions
  readonly machine: { readonly cpus: number; readonly node: string; readonly load1: number }
  readonly summary: Summary
}

export const overheadReport = ({ options, machine, summary }: OverheadResult): string => {
  const { rounds, requests, streams, slots } = options
  return [
    `Medians of ${rounds} interleaved rounds (${requests} requests, ${streams} streams, ${slots} slots), Node ${machine.node.slice(1)} on ${machine.cpus} cores that also run the host and the load; load before: ${machine.load1.toFixed(1)}.`,
    renderTable(variantNames, overheadRows(summary)),
    'drover without guards and its bound: 1.5 × what a bare BullMQ path was measured to cost',
    renderTable(['measured', 'floor', 'bound', ''], summary.bounds.map(boundRow)),
  ].join('\n\n')
}

const overheadRows = ({ variants }: Summary): Row[] => {
  const row = (label: string, cell: (variant: VariantSummary) => string): Row => ({
    label,
    cells: variantNames.map(name => cell(variants[name])),
  })
  const latency = (label: string, p50: FigureName, p95: FigureName): Row[] => [
    row(`${label}, p50 µs`, ({ median }) => whole(median[p50])),
    row(`${label}, p95 µs`, ({ median }) => whole(median[p95])),
    row(`${label}, added p50 µs`, variant => (variant === variants.direct ? '' : whole(variant.added[p50]))),
    row(`${label}, p50 × proxy`, ({ overProxy }) => ratio(overProxy[p50])),
    row(`${label}, added p50 × proxy's`, variant =>
      variant === variants.direct ? '' : ratio(variant.addedOverProxy[p50]),
    ),
  ]
  const busy = (label: string, unit: string, speed: FigureName, cpu: 'jsonCpuMs' | 'streamCpuMs'): Row[] => [
    row(`${label}, ${unit}/s`, ({ median }) => whole(median[speed])),
    row(`${label}, ${unit}/s × proxy`, ({ overProxy }) => ratio(overProxy[speed])),
    row(`${label}, CPU ms/request`, ({ median }) => milliseconds(median[cpu])),
    row(`${label}, CPU × proxy`, ({ overProxy }) => ratio(overProxy[cpu])),
    ...processNames(variants, cpu).map(name =>
      row(`  of it ${name}`, variant => (name in variant[cpu] ? milliseconds(variant[cpu][name]) : '')),
    ),
  ]
  return [
    { heading: 'one at a time' },
    ...latency('JSON', 'jsonP50Us', 'jsonP95Us'),
    ...latency('first token', 'firstTokenP50Us', 'firstTokenP95Us'),
    { heading: 'busy: two clients per slot' },
    ...busy('JSON', 'requests', 'jsonPerS', 'jsonCpuMs'),
    ...busy('streams', 'tokens', 'tokensPerS', 'streamCpuMs'),
  ]
}

const processNames = (variants: Summary['variants'], cpu: 'jsonCpuMs' | 'streamCpuMs'): string[] => {
  const names = new Set(Object.values(variants).flatMap(variant => Object.keys(variant[cpu])))
  return ['api', 'worker', 'guard', 'redis'].filter(name => names.has(name))
}

const boundRow = ({ what, unit, measured, floor, factor, within }: Bound): Row => ({
  label: what,
  cells: [
    `${measured.toFixed(2)} ${unit}`,
    `${floor} ${unit}`,
    `${floor} × ${factor} = ${(floor * factor).toFixed(2)} ${unit}`,
    within ? 'within' : 'OVER',
  ],
})

const shown = (value: number | undefined, digits: number): string =>
  value === undefined ? 'n/a' : value.toFixed(digits)
const whole = (value: number | undefined): string => shown(value, 0)
const ratio = (value: number | undefined): string => shown(value, 2)
const milliseconds = (value: number | undefined): string => shown(value, 3)
