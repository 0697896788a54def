import { renderTable, type Row } from '../table.ts'
import { isMet, type Check, type Show, type ShowResult } from './show.ts'

export const showReport = (number: string, { title }: Show, result: ShowResult): string =>
  [
    `Show ${number}: ${title}\n${result.setup}`,
    renderTable(result.columns, result.rows),
    renderTable(['measured', 'target', ''], result.checks.map(checkRow)),
  ].join('\n\n')

const checkRow = (check: Check): Row => {
  const { what, measured, target, unit = '' } = check
  const wanted = 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`
  return { label: what, cells: [`${figure(measured)}${unit}`, `${wanted}${unit}`, isMet(check) ? 'ok' : 'MISSED'] }
}

/** Three digits that count. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return 'n/a'
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return value.toFixed(0)
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}
