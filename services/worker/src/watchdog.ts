/**
 * Notices that Redis, though it answers, owes an answer that does not come: a connection or a BullMQ worker that hangs
 * for ever. Only a new process mends that.
 */
export class Watchdog {
  #owed = 0
  #answered = 0
  #answeredBefore = -1
  #rounds = 0

  /** Of everything that is asked in order to give hosts their jobs. */
  async owed<T>(answer: Promise<T>): Promise<T> {
    this.#owed += 1
    try {
      return await answer
    } finally {
      this.#owed -= 1
      this.#answered += 1
    }
  }

  /** Asked once a round in which Redis answered: for how many rounds on end nothing came of what is owed. */
  countStuckRounds(): number {
    const stuck = this.#owed > 0 && this.#answered === this.#answeredBefore
    this.#answeredBefore = this.#answered
    this.#rounds = stuck ? this.#rounds + 1 : 0
    return this.#rounds
  }
}
