/** A row of cells, or a heading across the table. */
export type Row = { readonly label: string; readonly cells: readonly string[] } | { readonly heading: string }

/** Plain text: labels left, cells right. */
export const renderTable = (columns: readonly string[], rows: readonly Row[]): string => {
  const body = rows.filter(row => 'label' in row)
  const labelWidth = Math.max(...body.map(row => row.label.length)) + 2
  const widths = columns.map((name, at) => Math.max(name.length, ...body.map(row => (row.cells[at] ?? '').length)))
  const line = (label: string, cells: readonly string[]): string =>
    [label.padEnd(labelWidth), ...widths.map((width, at) => (cells[at] ?? '').padStart(width))].join('  ').trimEnd()
  const lines = rows.map(row => ('heading' in row ? row.heading : line(`  ${row.label}`, row.cells)))
  return [line('', columns), ...lines].join('\n')
}
