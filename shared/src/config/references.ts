import type { ConfigProblem, Path } from './problem.ts'
import { formatPath } from './problem.ts'

export type Env = Readonly<Record<string, string | undefined>>

export interface ResolvedText {
  readonly text: string
  /** Names of the variables the text refers to. */
  readonly variables: readonly string[]
  readonly problems: readonly { readonly message: string; readonly variable?: string }[]
}

const lookUp = (env: Env, name: string): string | undefined => (Object.hasOwn(env, name) ? env[name] : undefined)

const missing = (name: string) => ({
  message: `needs the environment variable ${name}, which is not set`,
  variable: name,
})

const liteLlmPrefix = 'os.environ/'
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/
/** `$${` stands for a literal `${`. */
const placeholder = /\$?\$\{([^}]*)(\}?)/g

/** Fills in `os.environ/NAME` (the whole text), `${NAME}` and `${NAME:-default}` (anywhere in it). */
export const resolveText = (text: string, env: Env): ResolvedText => {
  if (text.startsWith(liteLlmPrefix)) return resolveWhole(text, env)
  const variables: string[] = []
  const problems: { message: string; variable?: string }[] = []
  const resolved = text.replaceAll(placeholder, (whole: string, inner: string, close: string) => {
    if (whole.startsWith('$$')) return whole.slice(1)
    const [name = '', ...rest] = inner.split(':-')
    if (!variableName.test(name) || close === '' || inner.includes('${')) {
      problems.push({ message: 'has a `${` that begins no variable name; write ${NAME}, or $${ for a literal ${' })
      return whole
    }
    variables.push(name)
    const value = lookUp(env, name)
    if (rest.length > 0) return value === undefined || value === '' ? rest.join(':-') : value
    if (value === undefined) problems.push(missing(name))
    return value ?? whole
  })
  return { text: resolved, variables, problems }
}

const resolveWhole = (text: string, env: Env): ResolvedText => {
  const name = text.slice(liteLlmPrefix.length)
  if (!variableName.test(name))
    return { text, variables: [], problems: [{ message: 'must name a variable, as in os.environ/NAME' }] }
  const value = lookUp(env, name)
  return { text: value ?? text, variables: [name], problems: value === undefined ? [missing(name)] : [] }
}

export const hasReference = (text: string): boolean => text.startsWith(liteLlmPrefix) || text.includes('${')

/** A text that consists of one reference is read as YAML reads a scalar: `4` is a number, `true` is a boolean. */
const asScalar = (text: string): string | number | boolean => {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text
}

const isOneReference = (text: string): boolean => text.startsWith(liteLlmPrefix) || /^\$\{[^}]*\}$/.test(text)

export interface ResolvedTree {
  readonly value: unknown
  /** By path, the variables a value was made from: such a value must never be shown. */
  readonly references: ReadonlyMap<string, readonly string[]>
  readonly problems: ConfigProblem[]
}

/** @param asText paths whose value stays text even where it looks like a number or boolean. */
export const resolveReferences = (root: unknown, env: Env, asText: ReadonlySet<string>): ResolvedTree => {
  const references = new Map<string, readonly string[]>()
  const problems: ConfigProblem[] = []
  const resolve = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => resolve(item, [...path, index]))
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, [...path, key])]))
    if (typeof value !== 'string') return value
    const where = formatPath(path)
    const resolved = resolveText(value, env)
    if (resolved.variables.length > 0) references.set(where, resolved.variables)
    problems.push(...resolved.problems.map(problem => ({ path: where, ...problem })))
    return isOneReference(value) && !asText.has(where) ? asScalar(resolved.text) : resolved.text
  }
  return { value: resolve(root, []), references, problems }
}
