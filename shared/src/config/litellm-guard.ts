import { asText } from './problem.ts'
import type { Conversion, Section } from './litellm-section.ts'
import { scannerSettings } from './schema.ts'
import { didYouMean } from './suggest.ts'

/** `llm_guard`: scanners and their settings by name, in the words of LLM Guard. */

export interface GuardDraft {
  enabled?: boolean
  input?: SideDraft
  output?: SideDraft
}

interface SideDraft {
  scanners: string[]
  settings?: Record<string, Record<string, unknown>>
}

export const convertGuard = (section: Section, to: Conversion): GuardDraft => {
  const enabled = section.boolean('enabled')
  const input = convertSide(section.section('input_scanning'), 'input', to)
  const output = convertSide(section.section('output_scanning'), 'output', to)
  section.ignoreRest({})
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
  }
}

const isKnown = (scanner: string): boolean => Object.hasOwn(scannerSettings.shape, scanner)

const convertSide = (section: Section, side: 'input' | 'output', to: Conversion): SideDraft | undefined => {
  const enabled = section.boolean('enabled') ?? true
  const listed = section.list('scanners')
  const settings = section.section('settings')
  const settingsPath = section.pathOf('settings')
  section.ignoreRest({})
  if (!enabled || listed.length === 0) return undefined
  const scanners = [...new Set(listed)].flatMap((scanner, index) => {
    const path = `${section.pathOf('scanners')}[${index}]`
    if (typeof scanner !== 'string') to.problems.push({ path, message: 'must be the name of a scanner' })
    else if (isKnown(scanner)) return [scanner]
    else
      to.warnings.push({
        path,
        message: `drover has no scanner ${scanner}${didYouMean(scanner, Object.keys(scannerSettings.shape))}; the ${side} is not scanned for it`,
      })
    return []
  })
  to.origins.set(`guard.${side}.settings`, settingsPath)
  const converted = settingsOf(settings, scanners, side, to)
  settings.ignoreRest(Object.fromEntries(listed.map(name => [asText(name), 'drover has no such scanner'])))
  return converted === undefined ? { scanners } : { scanners, settings: converted }
}

const settingsOf = (settings: Section, scanners: readonly string[], side: string, to: Conversion) => {
  if (!scanners.includes('BanSubstrings')) return undefined
  const section = settings.section('BanSubstrings')
  const target = `guard.${side}.settings.BanSubstrings`
  to.origins.set(target, settings.pathOf('BanSubstrings'))
  const converted: Record<string, unknown> = {}
  const substrings = section.take('substrings')
  if (substrings !== undefined) {
    converted.substrings = substrings.value
    to.origins.set(`${target}.substrings`, substrings.path)
  }
  const matchType = section.text('match_type')
  if (matchType === 'str' || matchType === 'word') converted.match = matchType === 'str' ? 'substring' : 'word'
  else if (matchType !== undefined)
    to.problems.push({ path: section.pathOf('match_type'), message: 'must be str or word' })
  const caseSensitive = section.boolean('case_sensitive')
  if (caseSensitive !== undefined) converted.caseSensitive = caseSensitive
  if (section.boolean('redact') === true) converted.action = 'redact'
  if (section.boolean('contains_all') === true)
    to.warnings.push({
      path: section.pathOf('contains_all'),
      message: 'ignored; any one of the substrings is a finding',
    })
  section.ignoreRest({})
  return { BanSubstrings: converted }
}
