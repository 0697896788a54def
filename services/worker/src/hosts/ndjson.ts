/** Longest line of an answer; Ollama's own are far below (measured against its largest tool calls: some 10 kB). */
export const answerLineBytesMax = 1024 * 1024

/** Splits a byte stream into lines whatever its chunking; text is decoded by whole lines, so UTF-8 is never cut. */
export class LineSplitter {
  readonly #lineBytesMax: number
  #tail: Buffer[] = []
  #tailBytes = 0

  constructor(lineBytesMax = answerLineBytesMax) {
    this.#lineBytesMax = lineBytesMax
  }

  /** The lines that `chunk` completes, without blank ones. Throws RangeError when a line exceeds `lineBytesMax`. */
  push(chunk: Buffer): string[] {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end))
      const line = this.#take()
      if (line !== '') lines.push(line)
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return lines
  }

  /** What stands after the last line break: a line that the host did not finish, or ''. */
  rest(): string {
    return this.#take()
  }

  #keep(part: Buffer): void {
    this.#tailBytes += part.length
    if (this.#tailBytes > this.#lineBytesMax) throw new RangeError(`a line of more than ${this.#lineBytesMax} bytes`)
    this.#tail.push(part)
  }

  #take(): string {
    const [only] = this.#tail
    const bytes = this.#tail.length === 1 && only !== undefined ? only : Buffer.concat(this.#tail)
    this.#tail = []
    this.#tailBytes = 0
    return bytes.toString('utf8').trim()
  }
}
