import { adminPort, withPorts } from '@drover/shared/config/ports'
import { readConfigFile } from '@drover/shared/config/read-file'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Io } from '../io.ts'
import { callable } from '../readiness.ts'

export interface AdminOptions {
  readonly config?: string
  /** Address of the admin listener. */
  readonly admin?: string
}

export type Target =
  | { readonly ok: true; readonly url: string; readonly key: string | undefined }
  | { readonly ok: false; readonly reason: string }

const refuse = (reason: string): Target => ({ ok: false, reason })

/**
 * Where the admin listener is, and a key for it: as said, else as the configuration has it that `drover up` would use
 * here.
 */
export const findAdmin = async (options: AdminOptions, { env, cwd }: Pick<Io, 'env' | 'cwd'>): Promise<Target> => {
  const key = env['DROVER_ADMIN_KEY'] || undefined
  const said = options.admin ?? (env['DROVER_ADMIN_URL'] || undefined)
  if (said !== undefined) {
    const url = URL.parse(said)
    if (url === null || !/^https?:$/.test(url.protocol))
      return refuse('--admin and DROVER_ADMIN_URL must be a URL such as http://127.0.0.1:8001')
    return { ok: true, url: url.origin, key }
  }
  const file = configFile(options, env, cwd)
  if (file === undefined) return refuse('there is no drover.yaml here; say --config FILE or --admin URL')
  const read = await readConfigFile(file, env)
  if (!read.ok) {
    const [problem] = read.problems
    return refuse(`${problem?.path}: ${problem?.message}; mend it, or say --admin URL`)
  }
  const config = withPorts(read.config, env)
  const port = adminPort(config)
  if (port === 0) return refuse(`${file} lets the admin listener take any port; say --admin URL, as drover printed it`)
  return { ok: true, url: callable(origin(config.admin.host, port)), key: key ?? config.admin.keys[0] }
}

const configFile = ({ config }: AdminOptions, env: NodeJS.ProcessEnv, cwd: string): string | undefined => {
  const named = config ?? (env['DROVER_CONFIG'] || undefined)
  if (named !== undefined) return path.resolve(cwd, named)
  return ['drover.yaml', '.drover/generated.yaml'].map(file => path.join(cwd, file)).find(file => existsSync(file))
}

const origin = (host: string, port: number): string =>
  `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`
