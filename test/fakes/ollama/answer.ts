import type { Logprob } from './logprobs.ts'
import type { Reply } from './reply.ts'
import type { Lines, Whole } from './send.ts'
import type { Frames, Piece } from './wire.ts'

/** A reply in the shape its endpoint gives it. */
export interface Answer {
  readonly reply: Reply
  readonly frames: Frames
  /** The last line, or the whole body around what was said. */
  readonly finish: (piece: Piece) => string
}

const bigText = (bytes: number): string => 'x'.repeat(bytes)

export const linesOf = ({ reply, frames, finish }: Answer): Lines => {
  const last = (): string => finish({ content: '' })
  return {
    line: index => (index < reply.length ? frames.chunk(reply.piece(index)) : last()),
    bigLine: bytes => frames.chunk({ content: bigText(bytes) }),
    last,
  }
}

export const wholeOf = ({ reply, frames, finish }: Answer): Whole => {
  let content = ''
  let thinking = ''
  const logprobs: Logprob[] = []
  const said = (): Piece => ({ content, thinking, logprobs })
  return {
    add: (from, to) => {
      for (let index = from; index < to; index++) {
        const piece = reply.piece(index)
        content += piece.content
        thinking += piece.thinking ?? ''
        logprobs.push(...(piece.logprobs ?? []))
      }
    },
    addBig: bytes => void (content += bigText(bytes)),
    unfinished: () => frames.chunk(said()),
    finished: () => finish(said()),
  }
}
