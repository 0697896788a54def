import type { Measured } from './measure.ts'
import { mutations, type MutationName } from './mutations.ts'

const percent = (share: number | undefined): string =>
  share === undefined || Number.isNaN(share) ? '·' : (share * 100).toFixed(1)

const decimals = (value: number): string => (Number.isNaN(value) ? '·' : value.toFixed(3))

/** A table per scanner. Shares are in percent; after the bar, recall under each mutation. */
export const report = (measured: readonly Measured[]): string =>
  [...Map.groupBy(measured, each => `${each.scanner} (${each.direction})`)]
    .map(([title, lines]) => `${title}\n${tableOf(lines)}\n`)
    .join('\n')

const tableOf = (lines: readonly Measured[]): string => {
  const columns = (Object.keys(mutations) as MutationName[]).filter(name =>
    lines.some(line => line.recallUnder[name] !== undefined),
  )
  const head = ['lang', 'set', 'rows', 'yes', 'precision', 'recall', 'FPR', 'AUC', 'flagged', 'µs', '|', ...columns]
  return aligned([
    head,
    ...lines.map(line => [...cellsOf(line), '|', ...columns.map(name => percent(line.recallUnder[name]))]),
  ])
}

const cellsOf = ({ lang, set, rows, metrics, yesRate, usPerText }: Measured): string[] => [
  lang,
  set,
  String(rows),
  String(metrics.positives),
  percent(metrics.precision),
  percent(metrics.recall),
  percent(metrics.falsePositiveRate),
  decimals(metrics.auc),
  percent(yesRate),
  usPerText.toFixed(0),
]

/** How many columns, from the left, are words. */
const wordColumns = 2

const aligned = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] as readonly string[]).map((_, column) =>
    Math.max(...rows.map(row => (row[column] as string).length)),
  )
  const pad = (cell: string, column: number): string =>
    column < wordColumns ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number)
  return rows.map(row => `  ${row.map(pad).join('  ')}`.trimEnd()).join('\n')
}
