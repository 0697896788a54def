import * as fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { convertConfig, loadConfig } from './load.ts'

const folder = new URL('fixtures/', import.meta.url)
const texts = readdirSync(folder).map(name => readFileSync(new URL(name, folder), 'utf8'))
const options = { fileName: 'x.yaml', env: { DROVER_KEY: 'k' } }

const judge = (text: string): void => {
  for (const result of [loadConfig(text, options), convertConfig(text, options)])
    if (!result.ok) {
      expect(result.problems.length).toBeGreaterThan(0)
      for (const { path, message } of result.problems) expect(path !== '' && message !== '').toBe(true)
    }
}

const noise = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '*a',
  '&a',
  '\n',
  '\t',
  '"',
  "'",
  '${',
  'os.environ/',
  '!!',
  '<<: ',
  '__proto__',
  '\0',
  '|',
)

test('a file with random cuts and insertions never throws', () => {
  const edit = fc.record({ at: fc.nat(2_000), cut: fc.nat(30), insert: fc.oneof(noise, fc.string({ maxLength: 8 })) })
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 6 }), (text, edits) => {
      judge(edits.reduce((now, { at, cut, insert }) => now.slice(0, at) + insert + now.slice(at + cut), text))
    }),
    { numRuns: 1_500 },
  )
})

/** Puts `value` in place of the `target`-th node, counted from the root in reading order. */
const replaceNode = (root: unknown, target: number, value: unknown): unknown => {
  let seen = -1
  const visit = (node: unknown): unknown => {
    seen += 1
    if (seen === target) return value
    if (Array.isArray(node)) return node.map(visit)
    if (typeof node !== 'object' || node === null) return node
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, visit(item)]))
  }
  return visit(root)
}

test('a file with any value in place of another never throws', () => {
  const parsed = texts.flatMap(text => {
    try {
      return [parse(text, { merge: true }) as unknown]
    } catch {
      return []
    }
  })
  expect(parsed.length).toBeGreaterThan(5)
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom('${X}', 'os.environ/X', Number.NaN, Infinity, 'ollama/*', []),
  )
  fc.assert(
    fc.property(fc.constantFrom(...parsed), fc.nat(120), value, (root, target, value) => {
      judge(stringify(replaceNode(root, target, value)))
    }),
    { numRuns: 1_500 },
  )
})

test('any text at all never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => judge(text)),
    { numRuns: 1_000 },
  )
})
