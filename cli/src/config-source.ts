import { existsSync } from 'node:fs'
import path from 'node:path'

import type { UpOptions } from './command-line.ts'
import { isOllama, parseOllamaHost } from './ollama-host.ts'

/** Where the configuration comes from. */
export type ConfigSource =
  | { kind: 'file'; file: string }
  | { kind: 'ollama'; url: string }
  | { kind: 'demo'; because: string }

/** The first that there is: the file that is named, drover.yaml, an Ollama that answers, the demo fleet. */
export const chooseConfigSource = async (
  { config, demo }: Pick<UpOptions, 'config' | 'demo'>,
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<ConfigSource> => {
  if (demo) return { kind: 'demo', because: 'You asked for the demo' }
  const named = config ?? (env['DROVER_CONFIG'] || undefined)
  if (named !== undefined) return { kind: 'file', file: path.resolve(cwd, named) }
  const usual = path.join(cwd, 'drover.yaml')
  if (existsSync(usual)) return { kind: 'file', file: usual }
  const url = parseOllamaHost(env['OLLAMA_HOST'])
  if (url === undefined)
    return { kind: 'demo', because: 'There is no drover.yaml, and OLLAMA_HOST names no http address' }
  if (await isOllama(url)) return { kind: 'ollama', url }
  return { kind: 'demo', because: `There is no drover.yaml, and no Ollama answers at ${url}` }
}
