import { DroverError } from '@drover/shared/errors/drover-error'
import { z } from 'zod'

/**
 * Every schema of a dialect words its problems so that "<field> <problem>" is a sentence that says what would be right:
 * `max_tokens` "must be an integer of at least 1".
 *
 * @throws DroverError `invalid_request` with the first problem: field (a path, '' for the body itself) and problem.
 */
export const check = <S extends z.ZodType>(schema: S, body: unknown): z.output<S> => {
  const result = schema.safeParse(body, { reportInput: true })
  if (result.success) return result.data
  const [first] = result.error.issues
  if (first === undefined) throw new Error('zod refused without an issue')
  const { path, issue } = deepest(first)
  const problem = issue.input === undefined ? 'is required' : issue.message
  throw new DroverError('invalid_request', { field: formatPath(path), problem })
}

/** A union told apart by one key; `problem` says which values the key may have. */
export const variants = <const O extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]]>(
  key: string,
  options: O,
  problem: string,
) =>
  z.discriminatedUnion(key, options, {
    error: issue => (issue.code === 'invalid_union' ? problem : `must be an object with a ${key}`),
  })

type Issue = z.core.$ZodIssue
interface Located {
  readonly path: readonly PropertyKey[]
  readonly issue: Issue
}

/** A union fails as a whole; the branch that got furthest into the value is the one that was meant. */
const deepest = (issue: Issue, parent: readonly PropertyKey[] = []): Located => {
  const path = [...parent, ...issue.path]
  if (issue.code !== 'invalid_union') return { path, issue }
  const meant = issue.errors.map(([first]) => first).find(first => first !== undefined && first.path.length > 0)
  return meant === undefined ? { path, issue } : deepest(meant, path)
}

/** `messages[0].content`, as OpenAI writes it. */
const formatPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')
