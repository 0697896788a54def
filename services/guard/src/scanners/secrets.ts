import type { SecretsSettings } from '@drover/shared/config/guard-schema'
import type { Detector } from '../streaming/detector.ts'
import { pieces, type Cut } from '../streaming/pieces.ts'
import type { Subject } from '../text/subject.ts'
import type { View } from '../text/views.ts'
import type { Found, ScanContext, Scanner } from './scanner.ts'
import { connectionRules } from './secrets/connection.ts'
import { credentialRules } from './secrets/credential.ts'
import { gitleaks, type WindowRule } from './secrets/gitleaks.ts'
import { KeywordAutomaton } from './secrets/keyword-automaton.ts'
import { privateKeyRule } from './secrets/private-key.ts'
import { providerRules } from './secrets/providers.ts'
import { TextScan, type Rule } from './secrets/rule.ts'
import { lookBehindChars, mayEndInSecret, tokenCut } from './secrets/token-end.ts'

const allRules = (): (readonly [id: string, rule: Rule | WindowRule])[] => [
  ['private-key', privateKeyRule],
  ...gitleaks(),
  ...providerRules(),
  ...connectionRules,
  ...credentialRules,
]

/** Keywords between two looks at the clock. */
const keywordsPerCheck = 1024

/** Keys, tokens and passwords, by their formats or by what they are called. */
export const secrets = ({ rulesOff }: SecretsSettings): Scanner => {
  const known = allRules()
  const off = new Set(rulesOff)
  const unknown = rulesOff.find(each => known.every(([id]) => id !== each))
  if (unknown !== undefined) throw new Error(`Secrets: rulesOff has "${unknown}", which is no rule`)
  const rules = known.filter(([id]) => !off.has(id)).map(([, rule]) => rule)
  const byKeyword = new Map<string, Rule[]>()
  for (const rule of rules)
    for (const each of rule.keywords) byKeyword.set(each, [...(byKeyword.get(each) ?? []), rule])
  const automaton = new KeywordAutomaton([...byKeyword.keys()])
  const handlers = [...byKeyword.values()]
  const windowRules = rules.filter((rule): rule is WindowRule => 'finish' in rule)

  const read = (text: string, context: ScanContext): Found[] => {
    const scan = new TextScan(text)
    let untilCheck = keywordsPerCheck
    automaton.each(text, (keyword, start, end) => {
      if (scan.isFull) return
      const listening = handlers[keyword] as Rule[]
      for (let each = 0; each < listening.length; each++) listening[each]?.at(scan, start, end)
      if (--untilCheck > 0) return
      untilCheck = keywordsPerCheck
      context.checkTime()
    })
    if (scan.windows.size > 0) for (const rule of windowRules) rule.finish(scan)
    return scan.found()
  }

  const readView = (view: View, context: ScanContext): Found[] =>
    read(view.text, context).map(each => ({ ...each, ...view.origin(each.start, each.end) }))

  const scan = (subject: Subject, context: ScanContext): readonly Found[] => {
    const found = readView(subject.normal, context)
    for (const view of subject.views.slice(1)) {
      if (view.kind === 'base64' || view.kind === 'hex' || view.kind === 'percent')
        found.push(...readView(view, context))
    }
    return found
  }

  /** Token by token. What was found before, or begins there, is settled. */
  const stream = (context: ScanContext): Detector => {
    const tokenEnd = tokenCut()
    let pieceFrom = 0
    const cut: Cut = (text, from) => {
      pieceFrom = from
      return tokenEnd(text, from)
    }
    const scanPiece: Scanner['scan'] = subject => {
      if (!mayEndInSecret(subject.raw)) return []
      return scan(subject, context).map(each => (each.start < pieceFrom ? { ...each, start: pieceFrom } : each))
    }
    return pieces(scanPiece, context, { cut, lookBehindChars })
  }

  return { name: 'Secrets', directions: ['input', 'output'], scan, stream }
}
