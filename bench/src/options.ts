import { parseArgs } from 'node:util'
import { UsageError } from './suite.ts'

export interface Count {
  readonly default: number
  readonly min: number
  readonly max: number
}

/** Reads `--json` and one whole number per name in `counts`. Throws UsageError. */
export const readOptions = <Name extends string>(
  args: readonly string[],
  counts: Record<Name, Count>,
): { json: boolean; counts: Record<Name, number> } => {
  const names = Object.keys(counts) as Name[]
  const options = {
    json: { type: 'boolean' },
    ...Object.fromEntries(names.map(name => [name, { type: 'string' }])),
  } as const
  const values = parse(args, options)
  const read = names.map(name => [name, readCount(name, values[name], counts[name])] as const)
  return { json: values['json'] === true, counts: Object.fromEntries(read) as Record<Name, number> }
}

const parse = (
  args: readonly string[],
  options: Record<string, { type: 'string' | 'boolean' }>,
): Record<string, unknown> => {
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

const readCount = (name: string, value: unknown, { default: otherwise, min, max }: Count): number => {
  if (value === undefined) return otherwise
  const count = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : -1
  if (count < min || count > max)
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(value)}`)
  return count
}
