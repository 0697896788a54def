import { findRedisBinary } from './binary.ts'
import { embeddedRedis } from './embedded.ts'
import { externalRedis } from './external.ts'
import { privateRedis } from './private-server.ts'
import type { RungResult } from './rung.ts'

/**
 * The first that can be had: the Redis that is named, a server of our own, one in memory.
 * A named one that cannot be used is an error, never a reason to step down.
 * @param folder where a server of our own keeps its data.
 */
export const chooseRedis = async (
  url: string | undefined,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<RungResult> => {
  if (url !== undefined) return externalRedis(url)
  const binary = await findRedisBinary(env['PATH'] ?? '')
  if (binary !== undefined) return privateRedis(binary, folder, env)
  return { ok: true, rung: await embeddedRedis(env) }
}
