import type { Member } from './host-group.ts'

/** Whether a host is the better choice. A total order: equal hosts differ in their ids. */
export type Order = (a: Member, b: Member) => boolean

/** The fastest, then the least used. */
export const fastestFirst: Order = (a, b) =>
  a.bin === b.bin
    ? a.host.share === b.host.share
      ? a.host.id < b.host.id
      : a.host.share < b.host.share
    : a.bin < b.bin

/** The least used, then the one that would have it loaded and ended first. */
export const idlestFirst: Order = (a, b) =>
  a.host.share === b.host.share
    ? a.coldBin === b.coldBin
      ? a.host.id < b.host.id
      : a.coldBin < b.coldBin
    : a.host.share < b.host.share

/** Members of a group with a free slot, the best first. */
export class HostHeap {
  readonly #members: Member[] = []
  readonly #isBefore: Order

  constructor(isBefore: Order) {
    this.#isBefore = isBefore
  }

  get best(): Member | undefined {
    return this.#members[0]
  }

  /** In order; how many there are does not matter to the time it takes. */
  bestOf(count: number): Member[] {
    const found: Member[] = []
    const next = this.best === undefined ? [] : [this.best]
    while (next.length > 0 && found.length < count) {
      const best = next.reduce((a, b) => (this.#isBefore(b, a) ? b : a))
      found.push(best)
      const below = this.#members.slice(2 * best.at + 1, 2 * best.at + 3)
      next.splice(next.indexOf(best), 1, ...below)
    }
    return found
  }

  /** Adds it, or moves it to where it belongs now. */
  put(member: Member): void {
    if (member.at < 0) {
      member.at = this.#members.length
      this.#members.push(member)
    }
    this.#sift(member)
  }

  remove(member: Member): void {
    const { at } = member
    const last = this.#members.pop()
    member.at = -1
    if (last === undefined || last === member) return
    this.#members[at] = last
    last.at = at
    this.#sift(last)
  }

  #sift(member: Member): void {
    let { at } = member
    for (;;) {
      const above = at === 0 ? undefined : this.#members[(at - 1) >> 1]
      const below = this.#bestBelow(at)
      const other =
        above !== undefined && this.#isBefore(member, above)
          ? above
          : below !== undefined && this.#isBefore(below, member)
            ? below
            : undefined
      if (other === undefined) break
      const free = at
      at = other.at
      this.#members[free] = other
      other.at = free
    }
    this.#members[at] = member
    member.at = at
  }

  #bestBelow(at: number): Member | undefined {
    const left = this.#members[2 * at + 1]
    const right = this.#members[2 * at + 2]
    return left !== undefined && right !== undefined && this.#isBefore(right, left) ? right : left
  }
}
