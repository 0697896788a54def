import { HostGroup, type HostEntry, type Member } from './host-group.ts'
import type { HostLoad } from './load.ts'

/**
 * What is known of all hosts, kept so that a decision need not look at each of them. Equal loads give equal decisions, in
 * whatever order they came: processes that have heard the same agree.
 */
export class HostIndex {
  readonly #hosts = new Map<string, HostEntry>()
  readonly #groups = new Map<string, HostGroup>()

  constructor(loads: Iterable<HostLoad> = []) {
    for (const load of loads) this.set(load)
  }

  /** Replaces what was known of the host. To be called after every change; what it was given is not kept. */
  set(load: HostLoad): void {
    const host = this.#hosts.get(load.id) ?? this.#addHost(load.id)
    host.open = load.open
    host.slots = load.slots
    host.used = load.used
    host.room = load.room ?? 0
    host.share = load.slots > 0 ? load.used / load.slots : 1
    for (const [model, member] of host.members) if (!Object.hasOwn(load.groups, model)) this.#leave(host, model, member)
    for (const [model, group] of Object.entries(load.groups)) {
      const member = host.members.get(model) ?? this.#join(host, model)
      member.group.update(member, group)
    }
  }

  delete(id: string): void {
    const host = this.#hosts.get(id)
    if (host === undefined) return
    for (const [model, member] of host.members) this.#leave(host, model, member)
    this.#hosts.delete(id)
  }

  group(model: string): HostGroup | undefined {
    return this.#groups.get(model)
  }

  #addHost(id: string): HostEntry {
    const host: HostEntry = {
      id,
      open: false,
      slots: 0,
      used: 0,
      share: 0,
      room: 0,
      members: new Map(),
      loaded: new Set(),
    }
    this.#hosts.set(id, host)
    return host
  }

  #join(host: HostEntry, model: string): Member {
    let group = this.#groups.get(model)
    if (group === undefined) this.#groups.set(model, (group = new HostGroup(model)))
    const member = group.add(host)
    host.members.set(model, member)
    return member
  }

  #leave(host: HostEntry, model: string, member: Member): void {
    const { group } = member
    group.remove(member)
    host.members.delete(model)
    if (group.isEmpty) this.#groups.delete(model)
  }
}
