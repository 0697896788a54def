import { crossCheck } from './cross-checks.ts'
import type { ConversionOrigins } from './litellm-section.ts'
import { convertLitellm, isLitellm } from './litellm.ts'
import type { ConfigProblem, Refused } from './problem.ts'
import { formatWarnings } from './problem.ts'
import type { Env } from './references.ts'
import type { Config } from './schema.ts'
import { toYaml } from './to-yaml.ts'
import { validate } from './validate.ts'
import { parseYaml } from './yaml.ts'

export interface LoadOptions {
  /** For messages only. */
  readonly fileName: string
  /** Where `os.environ/NAME` and `${NAME}` are looked up. */
  readonly env: Env
}

export type LoadResult = { readonly ok: true; readonly config: Config; readonly warnings: string[] } | Refused
export type ConvertResult = { readonly ok: true; readonly yaml: string; readonly warnings: string[] } | Refused

/** Reads the text of a `drover.yaml` or of a LiteLLM file; lists every problem at once. */
export const loadConfig = (text: string, options: LoadOptions): LoadResult => {
  const read = readInput(text, options)
  if (!read.ok) return read
  const { config, problems } = read
  if (config === undefined || problems.length > 0) return { ok: false, problems }
  return { ok: true, config, warnings: formatWarnings(read.warnings) }
}

/** Turns the text of a LiteLLM file into that of a `drover.yaml`. Variables stay references, and need not be set. */
export const convertConfig = (text: string, options: LoadOptions): ConvertResult => {
  const read = readInput(text, options)
  if (!read.ok) return read
  const problems = read.problems.filter(problem => problem.variable === undefined)
  if (!read.isLitellm)
    problems.push({ path: options.fileName, message: 'is no LiteLLM file; there is nothing to convert' })
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, yaml: toYaml(read.input), warnings: formatWarnings(read.warnings) }
}

interface Input {
  readonly ok: true
  readonly isLitellm: boolean
  /** In drover's shape, references not yet filled in. */
  readonly input: unknown
  readonly config?: Config
  readonly problems: ConfigProblem[]
  readonly warnings: ConfigProblem[]
}

const readInput = (text: string, { fileName, env }: LoadOptions): Input | Refused => {
  const parsed = parseYaml(text, fileName)
  if (!parsed.ok) return parsed
  if (!isLitellm(parsed.value)) return { ok: true, isLitellm: false, input: parsed.value, ...judge(parsed.value, env) }
  const { input, origins, problems, warnings, env: ownEnv } = convertLitellm(parsed.value, env)
  const judged = judge(input, ownEnv)
  const known = new Set(problems.map(({ path }) => path))
  const renamed = judged.problems.map(problem => rename(problem, origins)).filter(({ path }) => !known.has(path))
  return {
    ...judged,
    ok: true,
    isLitellm: true,
    input,
    problems: [...problems, ...renamed],
    warnings: [...warnings, ...judged.warnings.map(warning => rename(warning, origins))],
  }
}

const judge = (input: unknown, env: Env) => {
  const { config, value, problems } = validate(input, env)
  const crossed = crossCheck(value)
  const judged = { problems: [...problems, ...crossed.problems], warnings: crossed.warnings }
  return config === undefined ? judged : { ...judged, config }
}

/** Speaks of the LiteLLM file's own keys. */
const rename = (problem: ConfigProblem, origins: ConversionOrigins): ConfigProblem => ({
  ...problem,
  path: origins.find(problem.path),
})
