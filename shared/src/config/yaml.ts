import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { ConfigProblem, Path, Refused } from './problem.ts'
import { formatPath } from './problem.ts'

export const bytesMax = 1024 * 1024
const depthMax = 64
const valuesMax = 100_000

export type YamlResult = { readonly ok: true; readonly value: unknown } | Refused

/** Reads YAML (and so JSON) into plain values: no tags, no repeated keys, aliases only as many as a person writes. */
export const parseYaml = (text: string, fileName: string): YamlResult => {
  const fail = (message: string): YamlResult => ({ ok: false, problems: [{ path: fileName, message }] })
  if (Buffer.byteLength(text) > bytesMax) return fail(`must be at most ${bytesMax} bytes`)
  const lines = new LineCounter()
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${fileName}:${line}:${col}`
  }
  // The library compares every key of a map with every other (100 s for a file of 1 MB): `repeatedKeys` looks them up.
  const document = parseDocument(text, {
    uniqueKeys: false,
    merge: true,
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  })
  const syntax = [...document.errors, ...document.warnings]
  if (syntax.length > 0)
    return {
      ok: false,
      problems: syntax
        .slice(0, 20)
        .map(({ pos, code, message }) => ({ path: at(pos[0]), message: plainWords[code] ?? message })),
    }
  if (depthOf(document.contents) > depthMax) return fail(`must be nested at most ${depthMax} levels deep`)
  const repeated = repeatedKeys(document, offset => lines.linePos(offset).line)
  if (repeated.length > 0) return { ok: false, problems: repeated }
  const value = toPlain(document)
  if (value === unresolvable)
    return fail('must use aliases (*name) for anchors above them, merge (<<) only maps, and use few')
  if (!isBounded(value)) return fail(`must hold at most ${valuesMax} values, nested at most ${depthMax} levels deep`)
  if (value === null) return fail('is empty; it must list at least one host under `hosts`')
  if (typeof value !== 'object' || Array.isArray(value)) return fail('must be a section of keys and values')
  return { ok: true, value }
}

/** Where the library's own words would not help the author of the file. */
const plainWords: Readonly<Record<string, string>> = {
  TAG_RESOLVE_FAILED: 'tags (!name) are not allowed; write the plain value',
  RESOURCE_EXHAUSTION: `must be nested at most ${depthMax} levels deep`,
  MULTIPLE_DOCS: 'must be one document; remove everything from the second "---" on',
}

const depthOf = (node: unknown, depth = 0): number => {
  if (depth > depthMax) return depth
  if (isSeq(node)) return node.items.reduce<number>((max, item) => Math.max(max, depthOf(item, depth + 1)), depth)
  if (isMap(node))
    return node.items.reduce<number>(
      (max, { key, value }) => Math.max(max, depthOf(key, depth + 1), depthOf(value, depth + 1)),
      depth,
    )
  return depth
}

const repeatedKeys = (document: Document, lineAt: (offset: number) => number): ConfigProblem[] => {
  const problems: ConfigProblem[] = []
  const visit = (node: unknown, path: Path): void => {
    if (isSeq(node)) for (const [index, item] of node.items.entries()) visit(item, [...path, index])
    if (!isMap(node)) return
    const firstLines = new Map<string, number>()
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue
      const name = String(key.value)
      const line = lineAt(key.range?.[0] ?? 0)
      const first = firstLines.get(name)
      const here = [...path, name]
      if (first !== undefined)
        problems.push({
          path: formatPath(here),
          message: `is given twice, on lines ${first} and ${line}; keep one of them`,
        })
      firstLines.set(name, line)
      visit(value, here)
    }
  }
  visit(document.contents, [])
  return problems.slice(0, 20)
}

const unresolvable = Symbol('unresolvable')

/** The library has no other way than a throw to report an alias bomb, a missing anchor or a merge of what is no map. */
const toPlain = (document: Document): unknown => {
  try {
    return document.toJS({ maxAliasCount: 1_000 })
  } catch {
    return unresolvable
  }
}

/** Aliases share what they point at, so a small file can still be a huge (or endless) tree to walk. */
const isBounded = (root: unknown): boolean => {
  let values = 0
  const visit = (value: unknown, depth: number): boolean => {
    values += 1
    if (values > valuesMax || depth > depthMax) return false
    return typeof value !== 'object' || value === null || Object.values(value).every(item => visit(item, depth + 1))
  }
  return visit(root, 0)
}
