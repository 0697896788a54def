import { linearModel } from '../../model/linear.ts'
import type { Address } from './address.ts'
import type { DomainList } from './domain-list.ts'
import type { BlockList } from './block-list.ts'
import { featuresOf } from './features.ts'
import { harmlessAs, isPopular, isRestricted } from './harmless.ts'
import { hostOf } from './host.ts'
import { impersonationIn } from './impersonation.ts'
import { isSchemelessHost } from './schemeless.ts'
import { registered } from './top-level.ts'

export interface Opinion {
  readonly rule: string
  readonly score: number
}

export interface Lists {
  /** The operator's. */
  readonly allow: DomainList
  readonly block: BlockList | undefined
}

/** Below it there is nothing to tell. */
const worthTelling = 0.1

/** Hacked pages of universities and offices are not told from their own by the address. */
const restrictedScoreMax = 0.3

/** The worst that is to be said of an address; undefined where there is nothing. */
export const opinionOn = (address: Address, { allow, block }: Lists): Opinion | undefined => {
  const { host } = address.host
  if (block?.has(address)) return { rule: 'block-list', score: 1 }
  if (allow.covering(host) !== undefined) return undefined
  const harmless = harmlessAs(address)
  if (harmless === 'local' || harmless === 'popular') return undefined
  const trick = trickOf(address)
  if (trick || harmless) return trick
  const site = registered(host)
  const { text, marks } = featuresOf(address)
  const score = linearModel('url').score(text, marks)
  if (site && isRestricted(site.suffix))
    return told({ rule: 'phishing-model', score: Math.min(score, restrictedScoreMax) })
  const impersonation = impersonationIn(address)
  return impersonation
    ? { ...impersonation, score: Math.max(impersonation.score, score) }
    : told({ rule: 'phishing-model', score })
}

const told = (opinion: Opinion): Opinion | undefined => (opinion.score >= worthTelling ? opinion : undefined)

const trickOf = (address: Address): Opinion | undefined => {
  const { host, userinfo, label, readAs } = address
  if (readAs !== undefined && isPopular(readAs)) return { rule: 'look-alike', score: 0.95 }
  if (userinfo !== '' && looksLikeHost(userinfo)) return { rule: 'userinfo', score: 0.95 }
  if (host.kind === 'ip' && host.disguised) return { rule: 'disguised-ip', score: 0.9 }
  if (label && saysOther(label.text, host.host)) return { rule: 'link-text', score: 0.85 }
  if (label && carriesData(address)) return { rule: 'carries-data', score: label.image ? 0.8 : 0.3 }
  return undefined
}

/** `http://paypal.com@evil.com`: what a hurried reader takes for the host. */
const looksLikeHost = (userinfo: string): boolean => {
  const name = userinfo.replace(/[:%&].*$/s, '').toLowerCase()
  return isPopular(name) || isSchemelessHost(name, { before: '', after: '', hasPort: false, path: '' })
}

const bareHost = /^(?:https?:\/\/)?((?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}\p{N}-]{2,63})(?:[/?#]\S*)?$/iu

/** `[paypal.com](http://evil.example)`: the text is a known address, and another one than the target. */
const saysOther = (text: string, target: string): boolean => {
  const written = bareHost.exec(text.trim().replace(/^[*_`]+|[*_`]+$/g, ''))?.[1]
  const shown = written === undefined ? undefined : hostOf(written)
  if (shown === undefined || shown.host === target || !isPopular(shown.host)) return false
  return registered(shown.host)?.domain !== registered(target)?.domain
}

const dataName =
  /[?&](?:data|exfil\w*|leak\w*|secrets?|conversation|history|messages?|chat|prompt|context|content|summary|info|payload|stolen|passwords?|tokens?|cookies?|d|p|q|m|c|s|t|x)=([^&#]*)/gi
const placeholderValue = /^(?:\{|\[|<|%7B|%5B|\$|YOUR)/i
const valueCharsMin = 24
const telling = /^(?:exfil|leak|secret|conversation|history|chat|stolen|password|cookie)/i

/** An image's address that brings along what was said: a long value, or one with a telling name. */
const carriesData = ({ rest }: Address): boolean => {
  for (const [whole, value = ''] of rest.matchAll(dataName)) {
    if (telling.test(whole.slice(1)) || placeholderValue.test(value) || value.length >= valueCharsMin) return true
  }
  return false
}
