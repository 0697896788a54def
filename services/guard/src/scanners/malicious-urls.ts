import type { MaliciousUrlsSettings } from '@drover/shared/config/guard-schema'
import type { Detector } from '../streaming/detector.ts'
import { pieces } from '../streaming/pieces.ts'
import type { Subject } from '../text/subject.ts'
import type { Address } from './malicious-urls/address.ts'
import { AddressReader } from './malicious-urls/addresses.ts'
import { BlockList } from './malicious-urls/block-list.ts'
import { isAlphanumeric } from './malicious-urls/characters.ts'
import { DomainList } from './malicious-urls/domain-list.ts'
import { hostOf } from './malicious-urls/host.ts'
import { isScriptColon, scriptAddressesIn } from './malicious-urls/script-addresses.ts'
import { bracketDotEnd, lastSegmentEnd, segmentEnd } from './malicious-urls/segments.ts'
import { opinionOn, type Lists, type Opinion } from './malicious-urls/verdict.ts'
import type { Found, ScanContext, Scanner } from './scanner.ts'

const name = 'MaliciousURLs'

/** Addresses between two looks at the clock. */
const addressesPerCheck = 64

/** Addresses of phishing pages in answers: from a list, by how they deceive, or by how they are made. */
export const maliciousUrls = (settings: MaliciousUrlsSettings): Scanner => {
  const lists = listsOf(settings)
  const scan: Scanner['scan'] = (subject, context) => scanText(subject, lists, context, isOneToken(subject))
  return { name, directions: ['output'], scan, stream: context => detectorOf(lists, context) }
}

/** The pieces of a stream are segments of a text: only at its end it may turn out that the one piece was all of it. */
const detectorOf = (lists: Lists, context: ScanContext): Detector => {
  let isAll = false
  const scan: Scanner['scan'] = subject => scanText(subject, lists, context, isAll)
  const detector = pieces(scan, context, { cut: lastSegmentEnd })
  let settled = 0
  return {
    push(chunk) {
      const decided = detector.push(chunk)
      settled = decided.settled
      return decided
    },
    end() {
      isAll = settled === 0
      return detector.end()
    },
  }
}

/** The text is one segment, and could go on. */
const isOneToken = ({ raw }: Subject): boolean => segmentEnd(raw, 0) < 0

const listsOf = ({ allow, blockListFile }: MaliciousUrlsSettings): Lists => ({
  allow: new DomainList(allow.map(domainOf)),
  block: blockListFile === undefined ? undefined : new BlockList(blockListFile),
})

const domainOf = (written: string, index: number): string => {
  const host = hostOf(written.trim().replace(/^\*?\./, ''))
  if (host === undefined) throw new Error(`${name}: allow[${index}] must be a domain`)
  return host.host
}

const scanText = (subject: Subject, lists: Lists, context: ScanContext, isAll: boolean): readonly Found[] => {
  if (!mayHaveAddress(subject.raw, 0, subject.raw.length)) return []
  const { normal, raw } = subject
  const { text } = normal
  const opinions = new Map<string, Opinion | undefined>()
  const found: Found[] = []
  for (let from = 0, seen = 0; from < text.length;) {
    const segment = segmentEnd(text, from)
    const end = segment < 0 ? text.length : segment
    if (mayHaveAddress(text, from, end)) {
      for (const address of new AddressReader(text, from, end, isAll).read()) {
        if (++seen % addressesPerCheck === 0) context.checkTime()
        const range = normal.origin(address.start, address.end)
        const opinion = opinionOnce(asWritten(address, text, raw.slice(range.start, range.end)), lists, opinions)
        if (opinion) found.push({ ...opinion, ...range })
      }
      for (const { start, end: stop, linked } of scriptAddressesIn(text, from, end)) {
        found.push({ rule: 'script-address', score: linked ? 0.8 : 0.3, ...normal.origin(start, stop) })
      }
    }
    from = end
  }
  return found.sort((a, b) => a.start - b.start)
}

/** The normal view has Latin letters for look-alikes: what is shown, not where it leads. */
const asWritten = (address: Address, text: string, raw: string): Address => {
  if (text.startsWith(raw, address.start)) return address
  const written = raw.normalize('NFKC')
  const [own] = new AddressReader(written, 0, written.length).read()
  if (own === undefined || own.host.host === address.host.host) return address
  return { ...address, host: own.host, readAs: address.host.host }
}

/** Each address is judged once per text. */
const opinionOnce = (address: Address, lists: Lists, opinions: Map<string, Opinion | undefined>) => {
  const { userinfo, host, port, rest, label } = address
  const key = `${userinfo} ${host.host} ${port} ${rest} ${label?.image} ${label?.text}`
  if (opinions.has(key)) return opinions.get(key)
  const opinion = opinionOn(address, lists)
  opinions.set(key, opinion)
  return opinion
}

/** A dot within a word, two slashes, or what stands for them. Most text has none, and costs no more than this. */
const mayHaveAddress = (text: string, from: number, end: number): boolean => {
  for (let at = from; at < end - 1; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x2e || code === 0x30_02 || code === 0xff_0e || code === 0xff_61) {
      const next = text.charCodeAt(at + 1)
      if (isAlphanumeric(next) && (code === 0x2e || next < 0x80 || next > 0xff_00)) return true
    } else if (code === 0x2f || code === 0x5c || code === 0xff_0f) {
      if (text.charCodeAt(at + 1) === code) return true
    } else if (code === 0x5b || code === 0x28 || code === 0x7b) {
      if (bracketDotEnd(text, at) > 0) return true
    } else if (code === 0x3a && isScriptColon(text, at)) return true
  }
  return false
}
