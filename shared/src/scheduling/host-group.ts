import { fastestFirst, HostHeap, idlestFirst } from './host-heap.ts'
import type { GroupLoad } from './load.ts'
import { serviceMsAssumed } from './service.ts'
import { binCount, binOf, msOf } from './speed-bins.ts'

/** One host, as every group it serves sees it. */
export interface HostEntry {
  readonly id: string
  open: boolean
  slots: number
  used: number
  /** Of its slots, that is used. */
  share: number
  /** Models it can load beside those it has. */
  room: number
  /** By model. */
  readonly members: Map<string, Member>
  /** Those it has in memory. */
  readonly loaded: Set<Member>
}

/** One model on one host. */
export interface Member {
  readonly host: HostEntry
  readonly group: HostGroup
  loaded: boolean
  loadMs: number
  /** Requests of this model that it runs. */
  used: number
  /** That it can run at once. */
  slots: number
  speed: Speed | undefined
  /** Expected service. */
  bin: number
  /** The same, with a load before it. */
  coldBin: number
  /** What the group counts of it: 0 unless it is open and loaded. */
  readonly counted: { busy: number; slots: number; jobsPerGs: number }
  /** The heap it is in, as it has a free slot, and where. */
  heap: HostHeap | undefined
  at: number
}

/** Whole numbers, so that sums do not depend on the order in which hosts were heard of. */
interface Speed {
  readonly firstTokenUs: number
  readonly tokenUs: number
  readonly milliTokens: number
}

/** All hosts of a model. */
export class HostGroup {
  readonly model: string
  /** With a free slot, and the model in memory. */
  readonly warm = new HostHeap(fastestFirst)
  /** With a free slot, without the model. */
  readonly cold = new HostHeap(idlestFirst)
  /** On open hosts that have it loaded, per bin of service time: slots in use that it can have next. */
  readonly busyPerBin = new Float64Array(binCount)
  /** On open hosts that have it loaded: the same in all, the slots it can have in all, and how many jobs they end in 10^9 ms. */
  readonly warmTotal = { busy: 0, slots: 0, jobsPerGs: 0 }
  /** Bounds, which only save looking: no service is expected outside, and no load and a service to be over sooner. */
  readonly bounds = { fromBin: binCount, toBin: -1, coldFromBin: binCount }
  readonly #members = new Set<Member>()
  #measured = 0
  #firstTokenUs = 0
  #tokenUs = 0
  #milliTokens = 0
  /** Of a job, in steps of 19 %: lengths are the group's, and only a step changes what is expected of every host. */
  #tokens = 1
  #unmeasuredBin = binOf(serviceMsAssumed)

  constructor(model: string) {
    this.model = model
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  add(host: HostEntry): Member {
    const member: Member = {
      host,
      group: this,
      loaded: false,
      loadMs: 0,
      used: 0,
      slots: 0,
      speed: undefined,
      bin: 0,
      coldBin: 0,
      counted: { busy: 0, slots: 0, jobsPerGs: 0 },
      heap: undefined,
      at: -1,
    }
    this.#members.add(member)
    return member
  }

  remove(member: Member): void {
    this.#measure(member, undefined)
    this.#withdraw(member)
    this.#members.delete(member)
    member.host.loaded.delete(member)
  }

  /** After any change of the host, or of this model on it. */
  update(member: Member, load: GroupLoad): void {
    member.loaded = load.loaded
    if (load.loaded) member.host.loaded.add(member)
    else member.host.loaded.delete(member)
    member.loadMs = load.loadMs
    member.used = load.used
    member.slots = Math.min(load.slots, member.host.slots)
    this.#measure(member, load.speed)
    this.#place(member)
  }

  #measure(member: Member, load: GroupLoad['speed']): void {
    const speed = load && {
      firstTokenUs: Math.round(load.firstTokenMs * 1000),
      tokenUs: Math.round(load.tokenMs * 1000),
      milliTokens: Math.round(load.tokens * 1000),
    }
    if (isSameSpeed(speed, member.speed)) return
    // Its host has changed: it must not be where others are compared with it.
    this.#withdraw(member)
    this.#count(member.speed, -1)
    this.#count(speed, 1)
    member.speed = speed
    const before = { tokens: this.#tokens, bin: this.#unmeasuredBin }
    this.#tokens = this.#measured === 0 ? 1 : inSteps(this.#milliTokens / this.#measured / 1000)
    this.#unmeasuredBin =
      this.#measured === 0
        ? binOf(serviceMsAssumed)
        : binOf((this.#firstTokenUs + (this.#tokens - 1) * this.#tokenUs) / this.#measured / 1000)
    if (this.#tokens !== before.tokens) {
      Object.assign(this.bounds, { fromBin: binCount, toBin: -1, coldFromBin: binCount })
      for (const other of this.#members) this.#place(other)
    } else if (this.#unmeasuredBin !== before.bin && this.#measured < this.#members.size)
      for (const other of this.#members) if (other.speed === undefined) this.#place(other)
  }

  #count(speed: Speed | undefined, by: 1 | -1): void {
    if (speed === undefined) return
    this.#measured += by
    this.#firstTokenUs += by * speed.firstTokenUs
    this.#tokenUs += by * speed.tokenUs
    this.#milliTokens += by * speed.milliTokens
  }

  #place(member: Member): void {
    const { host, loaded, speed } = member
    const bin =
      speed === undefined
        ? this.#unmeasuredBin
        : binOf((speed.firstTokenUs + (this.#tokens - 1) * speed.tokenUs) / 1000)
    this.#uncount(member)
    member.bin = bin
    member.coldBin = binOf(member.loadMs + msOf(bin))
    this.#widenBounds(member)
    if (host.open && loaded) this.#recount(member)
    const isFree = host.open && host.used < host.slots && member.used < member.slots
    const heap = !isFree ? undefined : loaded ? this.warm : this.cold
    if (heap !== member.heap) member.heap?.remove(member)
    member.heap = heap
    heap?.put(member)
  }

  #widenBounds({ bin, coldBin }: Member): void {
    const { bounds } = this
    bounds.fromBin = Math.min(bounds.fromBin, bin)
    bounds.toBin = Math.max(bounds.toBin, bin)
    bounds.coldFromBin = Math.min(bounds.coldFromBin, coldBin)
  }

  #withdraw(member: Member): void {
    this.#uncount(member)
    member.heap?.remove(member)
    member.heap = undefined
  }

  #recount({ counted, bin, host, slots }: Member): void {
    counted.busy = Math.min(host.used, slots)
    counted.slots = slots
    counted.jobsPerGs = Math.round((slots * 1e9) / msOf(bin))
    this.#addTotal(bin, counted, 1)
  }

  #uncount({ counted, bin }: Member): void {
    this.#addTotal(bin, counted, -1)
    counted.busy = 0
    counted.slots = 0
    counted.jobsPerGs = 0
  }

  #addTotal(bin: number, { busy, slots, jobsPerGs }: Member['counted'], sign: 1 | -1): void {
    this.busyPerBin[bin] = (this.busyPerBin[bin] ?? 0) + sign * busy
    this.warmTotal.busy += sign * busy
    this.warmTotal.slots += sign * slots
    this.warmTotal.jobsPerGs += sign * jobsPerGs
  }
}

const inSteps = (tokens: number): number => 2 ** (Math.round(Math.log2(Math.max(1, tokens)) * 4) / 4)

const isSameSpeed = (a: Speed | undefined, b: Speed | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.firstTokenUs === b.firstTokenUs &&
    a.tokenUs === b.tokenUs &&
    a.milliTokens === b.milliTokens)
