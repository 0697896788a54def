import { expect, test } from 'vitest'
import { renderTable } from './table.ts'

test('labels are left, cells are right, headings have a line of their own', () => {
  const rows = [
    { heading: 'busy' },
    { label: 'requests/s', cells: ['12', '3456'] },
    { label: 'CPU', cells: ['', '0.1'] },
  ]
  expect(renderTable(['a', 'proxy'], rows).split('\n')).toEqual([
    '               a  proxy',
    'busy',
    '  requests/s  12   3456',
    '  CPU               0.1',
  ])
})
