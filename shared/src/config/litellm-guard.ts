import type { Side } from '../guard-rules.ts'
import { asText } from './problem.ts'
import { scannerSettings } from './guard-schema.ts'
import type { Conversion, Section } from './litellm-section.ts'
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

/** What LLM Guard has under another name. */
export const llmGuardNames: Readonly<Record<string, string>> = {
  BanCode: 'NoCode',
  Code: 'NoCode',
  NoRefusalLight: 'NoRefusal',
}

const convertSide = (section: Section, side: Side, to: Conversion): SideDraft | undefined => {
  const enabled = section.boolean('enabled') ?? true
  const listed = section.list('scanners')
  const settings = section.section('settings')
  const settingsPath = section.pathOf('settings')
  section.ignoreRest({})
  if (!enabled || listed.length === 0) return undefined
  const known = Object.keys(scannerSettings[side].shape)
  /** Names as they are listed, by drover's. */
  const scanners = new Map<string, string>()
  for (const [index, name] of [...new Set(listed)].entries()) {
    const path = `${section.pathOf('scanners')}[${index}]`
    if (typeof name !== 'string') {
      to.problems.push({ path, message: 'must be the name of a scanner' })
      continue
    }
    const scanner = llmGuardNames[name] ?? name
    if (known.includes(scanner)) scanners.set(scanner, name)
    else
      to.warnings.push({
        path,
        message: `drover has no scanner ${name}${didYouMean(name, known)}; the ${side} is not scanned for it`,
      })
  }
  to.origins.set(`guard.${side}.settings`, settingsPath)
  const converted = Object.fromEntries(
    [...scanners].flatMap(([scanner, name]) => {
      to.origins.set(`guard.${side}.settings.${scanner}`, settings.pathOf(name))
      const given = convertSettings(scanner, settings.section(name), `guard.${side}.settings.${scanner}`, to)
      return Object.keys(given).length === 0 && scanner !== 'BanSubstrings' ? [] : [[scanner, given]]
    }),
  )
  settings.ignoreRest(Object.fromEntries(listed.map(name => [asText(name), 'drover has no such scanner'])))
  const names = [...scanners.keys()]
  return Object.keys(converted).length === 0 ? { scanners: names } : { scanners: names, settings: converted }
}

const otherScale = 'it is on the scale of another model; drover acts at a threshold of its own'
const readsAll = 'drover reads every text as a whole and in parts'

const convertSettings = (
  scanner: string,
  section: Section,
  target: string,
  to: Conversion,
): Record<string, unknown> => {
  const converted = converters[scanner]?.(section, target, to) ?? {}
  section.ignoreRest({
    threshold: otherScale,
    match_type: readsAll,
    redact_mode: 'a secret is replaced as a whole',
    use_onnx: 'drover needs no ONNX',
    model: 'drover has models of its own',
  })
  return converted
}

type Convert = (section: Section, target: string, to: Conversion) => Record<string, unknown>

const convertBanSubstrings: Convert = (section, target, to) => {
  const converted: Record<string, unknown> = {}
  const substrings = section.take('substrings')
  if (substrings !== undefined) {
    converted['substrings'] = substrings.value
    to.origins.set(`${target}.substrings`, substrings.path)
  }
  const matchType = section.text('match_type')
  if (matchType === 'str' || matchType === 'word') converted['match'] = matchType === 'str' ? 'substring' : 'word'
  else if (matchType !== undefined)
    to.problems.push({ path: section.pathOf('match_type'), message: 'must be str or word' })
  const caseSensitive = section.boolean('case_sensitive')
  if (caseSensitive !== undefined) converted['caseSensitive'] = caseSensitive
  if (section.boolean('redact') === true) converted['action'] = 'redact'
  if (section.boolean('contains_all') === true) converted['containsAll'] = true
  return converted
}

const convertTokenLimit: Convert = (section, target, to) => {
  const converted: Record<string, unknown> = {}
  for (const [name, key] of [
    ['limit', 'tokensMax'],
    ['encoding_name', 'encoding'],
  ] as const) {
    const found = section.take(name)
    if (found === undefined) continue
    converted[key] = found.value
    to.origins.set(`${target}.${key}`, found.path)
  }
  return converted
}

const converters: Readonly<Record<string, Convert>> = {
  BanSubstrings: convertBanSubstrings,
  TokenLimit: convertTokenLimit,
}
