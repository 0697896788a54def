import type { HostGroup, Member } from './host-group.ts'

/** Hosts without the model that are looked at: the idlest come first. */
const lookedAt = 16

/**
 * An idle host that has room for a model loads it as soon as jobs wait that no host with the model has a slot for. It costs
 * nobody anything: nothing makes room for it, and no job waits for the load, as one would that the host was given.
 * Otherwise a host that starts empty would stay so while others seem to end each job sooner than it could load.
 * @param waiting jobs of the model that wait for whichever host.
 * @param warming slots of hosts that load it for them already.
 * @param isWarming whether the host loads something already.
 */
export const hostToWarm = (
  group: HostGroup,
  waiting: number,
  warming: number,
  isWarming: (hostId: string) => boolean,
): Member | undefined => {
  if (waiting <= warming || group.warm.best !== undefined) return undefined
  return group.cold.bestOf(lookedAt).find(({ host }) => host.used === 0 && host.room > 0 && !isWarming(host.id))
}
