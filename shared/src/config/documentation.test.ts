import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { schemaKeys, type SchemaKey } from './schema-keys.ts'

const lines = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8').split('\n')
const rows = lines.filter(line => line.startsWith('| `')).map(line => line.split('|').map(cell => cell.trim()))
const documented = new Map(rows.map(([, key = '', , standard = '']) => [key, standard]))

/** Sides of `guard.overrides` have the keys of `guard`, whose rows say so. */
const hasItsRow = ({ path }: SchemaKey): boolean => !/^guard\.overrides\[\]\.(input|output)\./.test(path)

test.each(schemaKeys.filter(hasItsRow).map(key => [key.path, key] as const))(
  'docs/configuration.md tells of %s and its default',
  (path, key) => {
    expect(documented.get(`\`${path}\``)).toBeDefined()
    if ('defaultValue' in key) expect(documented.get(`\`${path}\``)).toBe(`\`${JSON.stringify(key.defaultValue)}\``)
  },
)

test('docs/configuration.md tells of no key that does not exist', () => {
  const known = new Set(schemaKeys.map(({ path }) => `\`${path}\``))
  const keys = [...documented.keys()].filter(key => /^`[a-z]+(\[\])?(\.|`$)/.test(key) && !key.includes('os.environ'))
  expect(keys.filter(key => !known.has(key))).toEqual([])
})
