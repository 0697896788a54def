/** One thing wrong with a configuration, or (as a warning) one thing it says that has no effect. */
export interface ConfigProblem {
  /** Path of the value, such as `hosts[1].slots`; the file's name where no value is at fault. */
  readonly path: string
  /** What would be right, in plain English. Never holds a secret or the value of a variable. */
  readonly message: string
  /** The environment variable whose absence is the problem. */
  readonly variable?: string
}

/** A configuration drover cannot run with. */
export interface Refused {
  readonly ok: false
  readonly problems: ConfigProblem[]
}

export type Path = readonly PropertyKey[]

const isPlainKey = (key: string): boolean => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key)

export const formatPath = (path: Path): string =>
  path.reduce<string>((parent, step) => {
    if (typeof step === 'number') return `${parent}[${step}]`
    const key = String(step).slice(0, 80)
    if (!isPlainKey(key)) return `${parent}[${JSON.stringify(key)}]`
    return parent === '' ? key : `${parent}.${key}`
  }, '')

/** A path and all it lies in, nearest first: `a.b[0]`, `a.b`, `a`. */
export const withAncestors = (path: string): string[] => {
  const paths = [path]
  for (let at = path.length - 1; at > 0; at -= 1)
    if (path[at] === '.' || path[at] === '[') paths.push(path.slice(0, at))
  return paths
}

/** A URL, well-formed or not, without its user name and password, fit to be shown. */
export const hideCredentials = (url: string): string => {
  const begin = url.indexOf('//')
  const end = url.lastIndexOf('@')
  return begin !== -1 && end > begin ? url.slice(0, begin + 2) + url.slice(end + 1) : url
}

/** A configured value as a message quotes it. */
export const quoteValue = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object' && value !== null) return 'a section'
  if (typeof value !== 'string') return asText(value)
  const shown = hideCredentials(value)
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 60)}…` : shown)
}

/** Warnings as lines of text; those that say the same of several values become one line. */
export const formatWarnings = (warnings: readonly ConfigProblem[]): string[] => {
  const byMessage = Map.groupBy(warnings, warning => warning.message)
  return [...byMessage].map(([message, same]) => {
    const paths = [...new Set(same.map(({ path }) => path))]
    const rest = paths.length > 3 ? ` and ${paths.length - 3} more` : ''
    return `${paths.slice(0, 3).join(', ')}${rest}: ${message}`
  })
}

/** Of any value a file can hold: an object may have no way to become a string, or one of its own. */
export const asText = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? 'a list' : 'a mapping'
}
