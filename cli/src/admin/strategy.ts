import type { Io } from '../io.ts'
import { callAdmin, type Call } from './call.ts'
import type { AdminOptions } from './target.ts'

const path = '/admin/settings'

/** `drover strategy [NAME]`: changes the strategy, or only tells it. `default` goes back to the configuration's. */
export const chooseStrategy = async (
  name: string | undefined,
  options: AdminOptions,
  io: Pick<Io, 'env' | 'cwd' | 'out' | 'err'>,
): Promise<number> => {
  const call: Call =
    name === undefined
      ? { method: 'GET', path }
      : { method: 'PATCH', path, body: { strategy: name === 'default' ? null : name } }
  const said = await callAdmin(call, options, io)
  if (said === undefined) return 1
  if (!isSettings(said)) {
    io.err('drover: what answered is no admin listener of this version')
    return 1
  }
  const { strategy, configured } = said
  io.out(strategy === configured ? strategy : `${strategy} (configured: ${configured})`)
  return 0
}

const isSettings = (said: unknown): said is { readonly strategy: string; readonly configured: string } => {
  const { strategy, configured } = (said ?? {}) as { strategy?: unknown; configured?: unknown }
  return typeof strategy === 'string' && typeof configured === 'string'
}
