import { hostState, type HostState } from '@drover/shared/fleet'
import type { Io } from '../io.ts'
import { callAdmin } from './call.ts'
import type { AdminOptions } from './target.ts'

const answer = hostState.omit({ worker: true })

/** `drover drain HOST` and `undrain`: says how the host is then. Does not wait until nothing runs on it. */
export const drainHost = async (
  verb: 'drain' | 'undrain',
  host: string,
  options: AdminOptions,
  io: Pick<Io, 'env' | 'cwd' | 'out' | 'err'>,
): Promise<number> => {
  const path = `/admin/hosts/${encodeURIComponent(host)}/${verb}`
  const said = await callAdmin({ method: 'POST', path }, options, io)
  if (said === undefined) return 1
  const { success, data } = answer.safeParse(said)
  if (success) io.out(describe(data))
  else io.err('drover: what answered is no admin listener of this version')
  return success ? 0 : 1
}

const describe = (host: Pick<HostState, 'id' | 'up' | 'reason' | 'drained' | 'running'>): string => {
  const { id, up, reason = 'unknown why', drained, running } = host
  if (!up) return `${id} is ${drained ? 'drained' : 'not drained'}; it is down: ${reason}`
  if (!drained) return `${id} takes requests`
  if (running === 0) return `${id} is drained: nothing runs on it`
  return `${id} is drained: ${running === 1 ? '1 request still runs' : `${running} requests still run`}`
}
