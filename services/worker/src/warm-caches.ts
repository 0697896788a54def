/**
 * Which conversations a model on a host has in its KV caches, as far as can be told from outside. Each slot keeps the last
 * one it ran; a new one takes the free slot whose own was run longest ago. Pure.
 */
export class WarmCaches {
  /** Of slots that are free now: digests, that of the slot used longest ago first. */
  readonly #kept = new Set<string>()

  /**
   * A job begins.
   * @param continued digest of the part of its conversation that was answered before.
   * @param free slots of the model that are free from now on, this job's not among them.
   * @returns the digests of conversations that are in no cache any more.
   */
  begin(continued: string | undefined, free: number): string[] {
    if (continued !== undefined) this.#kept.delete(continued)
    return this.#keep(free)
  }

  /** A job has ended, and its slot keeps what it ran. Without a digest, that is of no use to anybody. */
  end(conversation: string | undefined, free: number): string[] {
    if (conversation !== undefined) {
      this.#kept.delete(conversation)
      this.#kept.add(conversation)
    }
    return this.#keep(free)
  }

  /** The model has left the host's memory. */
  clear(): string[] {
    return this.#keep(0)
  }

  #keep(slots: number): string[] {
    const lost = [...this.#kept].slice(0, Math.max(0, this.#kept.size - slots))
    for (const digest of lost) this.#kept.delete(digest)
    return lost
  }
}
