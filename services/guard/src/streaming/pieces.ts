import type { Found, ScanContext, Scanner } from '../scanners/scanner.ts'
import { Subject } from '../text/subject.ts'
import type { Decided, Detector } from './detector.ts'

/**
 * Where the piece of `text` that begins at `from` ends, or -1 while it is not known. Decided by the characters up to
 * there alone (so not by how they arrived), and after a bounded number of them.
 */
export type Cut = (text: string, from: number) => number

export interface PiecesOptions {
  readonly cut: Cut
  /** Already settled text that `scan` sees before the piece. */
  readonly lookBehindChars?: number
}

/** A stream as pieces, each scanned when it is complete, with some text before it. Holds back the piece that is not. */
export const pieces = (
  scan: Scanner['scan'],
  context: ScanContext,
  { cut, lookBehindChars = 0 }: PiecesOptions,
): Detector => {
  /** Look-behind, then the piece that has begun. */
  let kept = ''
  /** Offset of `kept` in the whole text. */
  let base = 0
  /** Where in `kept` the piece begins. */
  let from = 0

  const scanPiece = (end: number): Found[] => {
    const found = scan(new Subject(kept.slice(0, end)), context).filter(each => each.end > from)
    // What lies before the piece is settled: the client has it already, however the text was cut.
    return found.map(each => ({ ...each, start: Math.max(each.start, from) + base, end: each.end + base }))
  }

  const step = (end: number): void => {
    const drop = Math.max(0, end - lookBehindChars)
    kept = kept.slice(drop)
    base += drop
    from = end - drop
  }

  const decided = (found: Found[]): Decided => ({
    settled: base + from,
    found: found.sort((a, b) => a.start - b.start),
  })

  return {
    push(chunk) {
      kept += chunk
      const found: Found[] = []
      for (let end = cut(kept, from); end > from; end = cut(kept, from)) {
        found.push(...scanPiece(end))
        step(end)
      }
      return decided(found)
    },
    end() {
      const found = from < kept.length ? scanPiece(kept.length) : []
      step(kept.length)
      return decided(found)
    },
  }
}

/** Nothing is decided before the end. */
export const wholeText = (scan: Scanner['scan'], context: ScanContext): Detector =>
  pieces(scan, context, { cut: () => -1 })
