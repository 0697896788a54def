import type { Config } from './schema.ts'

/** The admin listener's port: the next one after the server's, unless the configuration says; any where that is any. */
export const adminPort = ({ admin, server }: Pick<Config, 'admin' | 'server'>): number => {
  if (admin.port !== undefined || server.port === 0) return admin.port ?? 0
  return server.port === 65_535 ? server.port - 1 : server.port + 1
}

/** @param env DROVER_PORT and DROVER_ADMIN_PORT come before the configuration: several drovers may share a file. */
export const withPorts = (config: Config, env: Readonly<Record<string, string | undefined>>): Config => {
  // Empty is not set: Compose passes variables on that nobody gave it.
  const port = env['DROVER_PORT'] || undefined
  const adminPort = env['DROVER_ADMIN_PORT'] || undefined
  return {
    ...config,
    server: port === undefined ? config.server : { ...config.server, port: Number(port) },
    admin: adminPort === undefined ? config.admin : { ...config.admin, port: Number(adminPort) },
  }
}
