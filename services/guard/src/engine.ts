import { actionOf, settingsOf, type GuardRules, type ScannerName, type Side } from '@drover/shared/guard-rules'
import { Reading, type GuardObserver, type Member } from './reading.ts'
import { createScanner } from './scanners/index.ts'

/** The scanners of one side. */
export interface Guard {
  /** Whether a scanner has second opinions, which take a thread of their own. */
  readonly isThorough: boolean
  /**
   * For one request, or one answer.
   * @param except scanners that are left out.
   */
  read(observer: GuardObserver, except?: readonly string[]): Reading
}

/**
 * Throws on settings that can't be kept.
 * @param budgetMs what scanning may take per request, and per piece of an answer.
 */
export const createGuard = (side: Side, rules: Pick<GuardRules, Side | 'mode'>, budgetMs: number): Guard => {
  const members = rules[side].scanners.map(name => createMember(side, rules, name))
  refuseBannedReplacements(members)
  return {
    isThorough: members.some(({ scanner }) => scanner.refine !== undefined),
    read: (observer, except = []) => {
      const reading = members.filter(({ policy }) => !except.includes(policy.scanner))
      return new Reading({ side, members: reading, budgetMs, observer })
    },
  }
}

const createMember = (side: Side, rules: Pick<GuardRules, Side | 'mode'>, name: ScannerName): Member => {
  const settings = settingsOf(side, rules, name)
  const scanner = createScanner(name, settings)
  if (!scanner.directions.includes(side)) throw new Error(`guard: ${name} does not scan ${side}`)
  const { threshold = 0.5, redactWith = '' } = settings as { threshold?: number; redactWith?: string }
  return {
    scanner,
    policy: {
      scanner: name,
      action: rules.mode === 'monitor' ? 'monitor' : actionOf(settings),
      threshold,
      redactWith,
      joinsAdjacent: scanner.joinsAdjacent ?? false,
    },
  }
}

/** What a finding is replaced with must not be banned itself, also not together with what it stands beside. */
const refuseBannedReplacements = (members: readonly Member[]): void => {
  for (const { policy } of members)
    for (const { scanner } of members)
      if (policy.action === 'redact' && policy.redactWith !== '') scanner.refuseReplacement?.(policy.redactWith)
}
