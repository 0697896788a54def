import type { GroupLoad, HostLoad } from '@drover/shared/scheduling/load'
import { total, type Usage } from './held-slots.ts'
import { loadMsOf, speedOf, unmeasured, type Measured } from './speed.ts'

/** What is known of a host, as its load is made of it. */
export interface HostFigures {
  readonly id: string
  readonly open: boolean
  readonly slots: number
  /** The host's own name for each group's model. */
  readonly names: ReadonlyMap<string, string>
  /** Models in its memory, as it names them. */
  readonly loaded: ReadonlySet<string>
  /** Most models it was seen to have in memory at once. */
  readonly loadedMax: number
  /** Slots in use: ours, and what former owners of the host still use. */
  readonly used: readonly Usage[]
  /** Per group. */
  readonly speeds: ReadonlyMap<string, Measured>
  slotsOf(group: string): number
}

export const hostLoad = (host: HostFigures): HostLoad => {
  // A host's limit is for a model, whatever public names that has.
  const usedOf = new Map<string, number>()
  for (const usage of host.used)
    for (const [group, used] of Object.entries(usage)) {
      const name = host.names.get(group) ?? ''
      usedOf.set(name, (usedOf.get(name) ?? 0) + used)
    }
  const groups: Record<string, GroupLoad> = {}
  for (const [group, name] of host.names) {
    const measured = host.speeds.get(group) ?? unmeasured
    const speed = speedOf(measured)
    groups[group] = {
      slots: host.slotsOf(group),
      used: usedOf.get(name) ?? 0,
      loaded: host.loaded.has(name),
      ...(speed === undefined ? {} : { speed }),
      loadMs: loadMsOf(measured, host.speeds.values()),
    }
  }
  const used = host.used.reduce((sum, usage) => sum + total(usage), 0)
  const room = Math.max(0, host.loadedMax - host.loaded.size)
  return { id: host.id, open: host.open, slots: host.slots, used, room, groups }
}

/** Of a group; 0 where the host does not serve it. */
export const freeSlots = ({ groups }: HostLoad, model: string): number => {
  const group = groups[model]
  return group === undefined ? 0 : group.slots - group.used
}
