import type { Address } from './address.ts'
import { brandIn, hasGuarded, squatIn } from './brands.ts'
import { hasLureWithin, isLure, shownHost, tokensOf } from './features.ts'
import { isPopular } from './harmless.ts'
import { isPlatform } from './platforms.ts'
import { asLatin, isAscii, mixesScripts } from './scripts.ts'
import { registered } from './top-level.ts'
import type { Opinion } from './verdict.ts'

/** Hosts that are made to be taken for somebody else's. */

/** What follows a company's own host where an address was made from it: `usps.com-track.top`. */
const endsLikeHost = /^(?:com?|net|org|gov|edu|io)(?=-)/

/** Platforms on which the brands themselves have pages. */
const ownPages = /\.(?:github\.io|gitlab\.io|readthedocs\.io|js\.org|myshopify\.com|substack\.com)$/

export const impersonationIn = (address: Address): Opinion | undefined => {
  const { host } = address.host
  const site = registered(host)
  if (site === undefined) return undefined
  const shown = shownHost(address)
  if (!isAscii(shown)) {
    const inLatin = asLatin(shown)
    const looks = isAscii(inLatin) && (isPopular(inLatin) || brandIn(tokensOf(inLatin), site.domain) !== undefined)
    if (looks || mixesScripts(shown)) return { rule: 'look-alike', score: looks ? 0.95 : 0.6 }
  }
  const above = site.subdomain.replace(/^www\d?(?:\.|$)/, '')
  if (hasHostWithin(above) || endsHost(above, site.domain)) return { rule: 'host-in-host', score: 0.95 }
  const own = site.domain.slice(0, -site.suffix.length - 1)
  const platform = isPlatform(host, site)
  const name = platform ? `${above}-${own}` : own
  const tokens = tokensOf(name)
  if (squatIn(tokens)) return { rule: 'squat', score: 0.85 }
  const brand = brandIn(tokens, site.domain)
  if (brand === undefined || brand === 'squat') return undefined
  if (hasGuarded(name, site.domain) && !ownPages.test(host)) return { rule: 'brand', score: 0.75 }
  const luring = tokensOf(`${above} ${own}`).some(token => isLure(token) || hasLureWithin(token))
  return luring && !ownPages.test(host) ? { rule: 'brand-and-lure', score: 0.8 } : undefined
}

/** Known hosts among the labels above the domain: `paypal.com.evil.top`. */
const hasHostWithin = (above: string): boolean => {
  const labels = above.split('.')
  return labels.some((_, at) => at > 0 && isPopular(labels.slice(at - 1, at + 1).join('.')))
}

const endsHost = (above: string, domain: string): boolean => {
  const end = endsLikeHost.exec(domain)?.[0]
  return end !== undefined && above !== ''
}
