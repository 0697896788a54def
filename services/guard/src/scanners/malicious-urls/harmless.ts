import type { Address } from './address.ts'
import { brandIn } from './brands.ts'
import { DomainList, shippedLines } from './domain-list.ts'
import { lures, tokensOf } from './features.ts'
import { isPlatformItself, isShortener, platformChars } from './platforms.ts'
import { registered } from './top-level.ts'

/** Addresses that need no judgement: widely known ones, those of one's own network, and those of examples. */

const popular = new DomainList(shippedLines('popular-domains.txt'))

/** RFC 6761, 6762, 8375, and what networks of one's own are called. */
const ownNetwork = new DomainList('localhost local localdomain internal intranet lan home corp private arpa'.split(' '))

/** RFC 2606. */
const reserved = new DomainList('example test invalid example.com example.org example.net example.edu'.split(' '))

/** Suffixes that not everybody can register below. */
const restricted = /(?:^|\.)(?:gov|edu|mil|int|gob|gouv|gub|govt|ac|go|k12|nhs|museum|aero|coop)(?:\.[a-z]{2})?$/

/** Names that stand for "your own" in examples. */
const placeholder =
  /^(?:(?:your|my|our|the|some|any|sub)?-?(?:own|new|custom|cool|awesome|sample)?-?(?:domain|domainname|site|website|webapp|web|app|api|server|host|hostname|company|companyname|blog|shop|store|project|service|backend|frontend|business|organization|org|brand|portfolio|name|url|proxy|subdomain|endpoint|cdn)\d?|(?:example|sample|demo|dummy|placeholder|foo|bar|baz|foobar|acme|acmecorp|contoso|fabrikam|northwind|adventure-works|initech|globex|mycorp|test|testing|testsite|test-site|mytest|somewhere|whatever|abc|xyz|domain|target|victim|attacker|evil|malicious|hacker)(?:-?(?:site|app|api|domain|company|corp|shop|store|blog|server|bucket))?\d?)$/

const startsAsExample = /^(?:your|example|my|sample|placeholder)(?:-[a-z]{1,20}){0,2}$/

export const isPlaceholder = (host: string): boolean => {
  const site = registered(host)
  if (site === undefined) return false
  const name = site.domain.slice(0, -site.suffix.length - 1)
  if (placeholder.test(name)) return true
  const tokens = tokensOf(name)
  return (
    startsAsExample.test(name) && !tokens.some(token => lures.has(token)) && brandIn(tokens, site.domain) === undefined
  )
}

export type Harmless = 'local' | 'reserved' | 'placeholder' | 'popular'

export const isRestricted = (suffix: string): boolean => restricted.test(suffix)

export const harmlessAs = ({ host }: Address): Harmless | undefined => {
  if (host.kind === 'ip') return host.local ? 'local' : undefined
  const name = host.host
  if (!name.includes('.') || ownNetwork.covering(name) !== undefined) return 'local'
  if (reserved.covering(name) !== undefined || registered(name) === undefined) return 'reserved'
  if (isPopular(name)) return 'popular'
  return isPlaceholder(name) ? 'placeholder' : undefined
}

/** Of a list of platforms only what lies below is in doubt. */
export const isPopular = (host: string): boolean => {
  if (isPlatformItself(host)) return true
  const covering = popular.covering(host)
  return covering !== undefined && covering.length > platformChars(host) && !isShortener(host)
}
