import type { NoCodeSettings } from '@drover/shared/config/guard-schema'
import { linearModel } from '../model/linear.ts'
import { CodeDetector } from './no-code/code-detector.ts'
import { allowedOf } from './no-code/languages.ts'
import type { Found, Scanner } from './scanner.ts'

/**
 * Source code, markup, configuration and commands in answers: in fences, in spans within a line, indented and bare.
 * Judged by the shape of lines, so also in languages that it has never seen.
 */
export const noCode = (settings: NoCodeSettings): Scanner => {
  const allowed = allowedOf(settings.allow)
  // Now, and not with the first answer.
  linearModel('code')
  return {
    name: 'NoCode',
    directions: ['output'],
    scan(subject) {
      const detector = new CodeDetector(allowed)
      return merged([...detector.push(subject.raw).found, ...detector.end().found])
    },
    stream: () => new CodeDetector(allowed),
  }
}

/** A block is told line by line: as one. */
const merged = (found: readonly Found[]): Found[] => {
  const blocks: Found[] = []
  for (const each of found) {
    const last = blocks.at(-1)
    if (last && last.rule === each.rule && last.end === each.start && last.score >= 0.5 === each.score >= 0.5)
      blocks[blocks.length - 1] = { ...last, end: each.end, score: Math.max(last.score, each.score) }
    else blocks.push(each)
  }
  return blocks
}
