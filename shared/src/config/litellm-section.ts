import type { ConfigProblem } from './problem.ts'
import { asText, formatPath, withAncestors } from './problem.ts'
import type { Path } from './problem.ts'
import type { Env } from './references.ts'
import { resolveText } from './references.ts'

/** For each converted value, the path it had in the LiteLLM file. */
export class ConversionOrigins {
  readonly #paths = new Map<string, string>()

  set(droverPath: string, path: string): void {
    this.#paths.set(droverPath, path)
  }

  /** The LiteLLM path of a drover path, through its nearest known ancestor. */
  find(droverPath: string): string {
    const nearest = withAncestors(droverPath).find(path => this.#paths.has(path)) ?? ''
    return (this.#paths.get(nearest) ?? '') + droverPath.slice(nearest.length)
  }
}

/** What one conversion gathers. */
export interface Conversion {
  /** The process's, with the file's own `environment_variables`. */
  readonly env: Env
  readonly origins: ConversionOrigins
  readonly problems: ConfigProblem[]
  readonly warnings: ConfigProblem[]
}

/** A value as it stands in the file, and where. */
export interface Found {
  readonly value: unknown
  readonly path: string
}

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A map of a LiteLLM file that remembers what was read, so that whatever was not can be warned of. */
export class Section {
  readonly #entries: Map<string, unknown>
  readonly #path: Path
  readonly #conversion: Conversion

  constructor(value: unknown, path: Path, conversion: Conversion) {
    if (!isMap(value) && value !== null && value !== undefined)
      conversion.problems.push({ path: formatPath(path), message: 'must be a section of keys and values' })
    // LiteLLM takes a null for an absent key.
    this.#entries = new Map(isMap(value) ? Object.entries(value).filter(([, item]) => item !== null) : [])
    this.#path = path
    this.#conversion = conversion
  }

  pathOf(key: string): string {
    return formatPath([...this.#path, key])
  }

  keys(): string[] {
    return [...this.#entries.keys()]
  }

  /** The value as it stands, references and all; whoever validates the result judges it. */
  take(key: string): Found | undefined {
    if (!this.#entries.has(key)) return undefined
    const value = this.#entries.get(key)
    this.#entries.delete(key)
    return { value, path: this.pathOf(key) }
  }

  section(key: string): Section {
    return new Section(this.take(key)?.value, [...this.#path, key], this.#conversion)
  }

  list(key: string): unknown[] {
    const found = this.take(key)
    if (found === undefined || Array.isArray(found.value)) return (found?.value as unknown[] | undefined) ?? []
    this.#conversion.problems.push({ path: found.path, message: 'must be a list' })
    return []
  }

  sections(key: string): Section[] {
    const items = this.list(key)
    const sections = items.map((item, index) => new Section(item, [...this.#path, key, index], this.#conversion))
    return sections.filter((_, index) => isMap(items[index]))
  }

  text(key: string): string | undefined {
    const value = this.#read(key)
    if (value === undefined || typeof value === 'string') return value
    return this.#refuse(key, 'must be text')
  }

  /** Takes the words of YAML 1.1 too, which LiteLLM reads. */
  boolean(key: string): boolean | undefined {
    const value = this.#read(key)
    const word = asText(value).toLowerCase()
    if (value === undefined) return undefined
    if (['true', 'yes', 'on'].includes(word)) return true
    return ['false', 'no', 'off'].includes(word) ? false : this.#refuse(key, 'must be true or false')
  }

  seconds(key: string): number | undefined {
    const value = this.#read(key)
    if (value === undefined) return undefined
    const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof seconds === 'number' && seconds > 0 && seconds <= 86_400) return seconds
    return this.#refuse(key, 'must be a number of seconds above 0, at most 86400')
  }

  /** Warns of every key nobody took. */
  ignoreRest(reasons: Readonly<Record<string, string>>): void {
    for (const key of this.#entries.keys()) {
      const reason = Object.hasOwn(reasons, key) ? reasons[key] : undefined
      this.#conversion.warnings.push({
        path: this.pathOf(key),
        message: `ignored; ${reason ?? 'drover has no such setting'}`,
      })
    }
  }

  /** The value with its references filled in; undefined where that fails, which is a problem then. */
  #read(key: string): unknown {
    const found = this.take(key)
    if (typeof found?.value !== 'string') return found?.value
    const { text, problems } = resolveText(found.value, this.#conversion.env)
    this.#conversion.problems.push(...problems.map(problem => ({ path: found.path, ...problem })))
    return problems.length > 0 ? undefined : text
  }

  #refuse(key: string, message: string): undefined {
    this.#conversion.problems.push({ path: this.pathOf(key), message })
  }
}
