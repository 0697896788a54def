import type { Config } from '@drover/shared/config/schema'
import type { Finding, Verdict } from '@drover/shared/verdict'
import { scanners, type ScannerName } from './scanners/index.ts'
import { scanWhole, type Filtered, type Scanner, type StreamFilter } from './scanners/scanner.ts'

type Side = Config['guard']['input']

export interface Guard {
  /** A finding's offsets are into the text as its scanner got it: after the redactions of those before. */
  scan(text: string): Verdict
  /** One per choice and field (content, reasoning, arguments): text of two fields never makes one match. */
  stream(): StreamFilter
}

/** The scanners of one side, each reading what the one before lets through. Throws on settings that can't be kept. */
export const createGuard = (side: Side): Guard => {
  const chain = side.scanners.map(name => create(name, side.settings))
  const stream = (): StreamFilter => inSequence(chain.map(scanner => scanner.stream()))
  return { scan: text => scanWhole(stream(), text), stream }
}

const create = (name: ScannerName, settings: Side['settings']): Scanner => {
  const own = settings[name]
  if (!own) throw new Error(`guard: the scanner ${name} needs settings.${name}`)
  return scanners[name](own)
}

/** Without a filter, text passes as it comes. */
const inSequence = (filters: readonly StreamFilter[]): StreamFilter => {
  let blocked: Finding | undefined

  const run = (chunk: string, last: boolean): Filtered => {
    const findings: Finding[] = []
    let release = chunk
    let ending = last
    const take = (filtered: Filtered): string => {
      findings.push(...filtered.findings)
      blocked = filtered.blocked ?? blocked
      return filtered.release
    }
    for (const filter of filters) {
      release = take(filter.push(release)) + (ending ? take(filter.end()) : '')
      // What a block lets through is the whole text of the filters behind it.
      ending ||= blocked !== undefined
    }
    return { release, findings, ...(blocked && { blocked }) }
  }

  const over = (): Filtered => ({ release: '', findings: [], ...(blocked && { blocked }) })

  return {
    push: chunk => (blocked ? over() : run(chunk, false)),
    end: () => (blocked ? over() : run('', true)),
  }
}
