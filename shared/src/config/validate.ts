import type { z } from 'zod'
import type { ConfigProblem } from './problem.ts'
import { formatPath, quoteValue, withAncestors } from './problem.ts'
import type { Env, ResolvedTree } from './references.ts'
import { resolveReferences } from './references.ts'
import { keysIn, schemaPath } from './schema-keys.ts'
import type { Config } from './schema.ts'
import { configSchema } from './schema.ts'
import { didYouMean } from './suggest.ts'

export interface Validated {
  /** Absent when the schema refuses it. */
  readonly config?: Config
  /** The input with its references filled in. */
  readonly value: unknown
  readonly problems: ConfigProblem[]
}

/** Fills in the references, then applies the schema: every problem at once, each path once. */
export const validate = (input: unknown, env: Env): Validated => {
  const first = resolveReferences(input, env, new Set())
  const misread = misreadScalars(first)
  const resolved = misread.size === 0 ? first : resolveReferences(input, env, misread)
  const parsed = configSchema.safeParse(resolved.value, { reportInput: true })
  if (parsed.success) return { config: parsed.data, value: resolved.value, problems: resolved.problems }
  const problems = [...resolved.problems]
  const known = new Set(problems.flatMap(({ path }) => withAncestors(path)))
  for (const problem of parsed.error.issues.flatMap(issue => explain(issue, resolved.references))) {
    if (known.has(problem.path)) continue
    known.add(problem.path)
    problems.push(problem)
  }
  return { value: resolved.value, problems }
}

/** A key of digits from a variable is text: what the schema refuses as a number or boolean is read again as it came. */
const misreadScalars = (tree: ResolvedTree): Set<string> => {
  const issues = configSchema.safeParse(tree.value).error?.issues ?? []
  const paths = new Set(issues.map(issue => formatPath(issue.path)))
  return new Set(
    [...tree.references.keys()].filter(reference => withAncestors(reference).some(path => paths.has(path))),
  )
}

const explain = (issue: z.core.$ZodIssue, references: ResolvedTree['references']): ConfigProblem[] => {
  const path = formatPath(issue.path)
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => ({ path: formatPath([...issue.path, key]), message: unknownKey(key, keysIn(path)) }))
  if (issue.code === 'invalid_union') {
    const meant = meantBranch(issue)
    if (meant !== undefined) return meant.flatMap(inner => explain(inner, references))
  }
  const { input } = issue
  const expected = expectation(issue)
  if (input === undefined) return [{ path, message: `is missing; it ${expected}` }]
  if (input === null) return [{ path, message: `is empty; it ${expected}, or the key must go` }]
  const variables = references.get(path)
  if (variables !== undefined) return [{ path, message: `${expected}; its value comes from ${variables.join(', ')}` }]
  if (isSecret(path)) return [{ path, message: expected }]
  return [{ path, message: `${expected}, not ${quoteValue(input)}${suggestion(issue)}` }]
}

/** The alternative that has the right kind of value, if any: its own problems say more than that none fits. */
const meantBranch = (issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined =>
  issue.errors
    .find(branch => branch.every(inner => inner.path.length > 0 || inner.code === 'unrecognized_keys'))
    ?.map(inner => ({ ...inner, path: [...issue.path, ...inner.path] }))

const unknownKey = (key: string, known: readonly string[]): string =>
  `unknown key \`${key.slice(0, 80)}\`${didYouMean(key, known) || `; the keys here are ${known.join(', ')}`}`

const secrets: ReadonlySet<string> = new Set(['server.keys', 'admin.keys', 'hosts[].apiKey'])

const isSecret = (path: string): boolean => withAncestors(path).some(at => secrets.has(schemaPath(at)))

const kinds: Readonly<Record<string, string>> = {
  object: 'must be a section of keys and values',
  record: 'must be a section of keys and values',
  array: 'must be a list',
  string: 'must be text (a number needs quotes)',
  boolean: 'must be true or false',
  number: 'must be a number',
}

const expectation = (issue: z.core.$ZodIssue): string => {
  if (issue.message.startsWith('must ')) return issue.message
  if (issue.code === 'invalid_type') return kinds[issue.expected] ?? `must be of type ${issue.expected}`
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`
  if (issue.code === 'invalid_key') return 'must have a key of 1 to 64 characters'
  return `must be different (${issue.message})`
}

const suggestion = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_value' && typeof issue.input === 'string'
    ? didYouMean(issue.input, issue.values.map(String))
    : ''
