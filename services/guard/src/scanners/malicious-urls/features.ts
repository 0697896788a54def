import { domainToUnicode } from 'node:url'
import type { Address } from './address.ts'
import { brandIn } from './brands.ts'
import { isPlatform, isShortener } from './platforms.ts'
import { asLatin, isAscii, mixesScripts } from './scripts.ts'
import { registered, type Registered } from './top-level.ts'

/** What the model sees of an address: its letters, and features by name. The scheme and `www.` say nothing. */
export interface Features {
  /** Host and the beginning of what follows, in lower case. */
  readonly text: string
  readonly marks: readonly string[]
}

const restCharsMax = 160
const vowels = /[aeiouy]/g

const cheap = new Set(
  'xyz top club online site shop icu vip tk ml ga cf gq cyou buzz live click link rest monster cfd sbs bond work loan win men cc pw su lol quest fun space website store pro info biz life world today finance'.split(
    ' ',
  ),
)
const common = new Set('com net org io dev co me app ai edu gov'.split(' '))

export const lures = new Set(
  `login logon signin signon sign verify verification verified secure security account accounts update updates confirm
  confirmation wallet wallets claim claims airdrop airdrops support helpdesk service services billing invoice payment
  payments pay refund unlock unlocked suspended limited recover recovery restore reward rewards bonus gift gifts free
  promo prize winner auth authenticate authentication validate validation authorize authorized sso webscr banking bank ebanking netbanking
  customer client password credential otp token tokens connect dapp dapps mint nft swap stake staking presale mainnet
  rectify sync node nodes migrate migration merge restake eligibility eligible allocation parcel package delivery track
  tracking customs redelivery shipment post postal mail webmail mailbox office document documents docs sharefile invoice
  alert notice notification renew renewal subscription membership tax gov irs fine toll ezpass kyc identity help helps care center centre suivi hotro soporte servicio servicios clientes kundenservice kunden giveaway
  giveaways required required restricted unusual activity verifica acceso accesso ingresa cuenta conta cliente seguro`.split(
    /\s+/,
  ),
)

const actsOnFile = /\.(?:exe|scr|msi|bat|cmd|ps1|vbs|jar|apk|dmg|hta|lnk|iso|img)(?:$|[?#])/
const hackedSite =
  /\/(?:wp-(?:content|includes|admin)|\.well-known|cgi-bin|images|css|js|tmp|cache|plugins|modules)\/.*\.(?:php|html?)|\/~\w+\//
const longHex = /[\da-f]{16,}/
const mailInRest = /[\w.+-]{1,64}(?:@|%40)[\w-]{1,64}\.\w/

/** `login7` too. */
export const isLure = (token: string): boolean => lures.has(token.replace(/\d+$/, ''))

const longLures = [...lures].filter(lure => lure.length >= 6)

/** `paypalsecurity`: at an end of a longer word. */
export const hasLureWithin = (token: string): boolean => {
  const word = token.replace(/\d+$/, '')
  return (
    word.length > 8 &&
    longLures.some(lure => word.length > lure.length && (word.endsWith(lure) || word.startsWith(lure)))
  )
}

const coins =
  /eth(?:er(?!n)|$)|btc|bitcoin|crypto|coin|token|defi|web3|nft|dapp|swap|airdrop|wallet|blockchain|mainnet|ledger|usdt|solana|meme|trx|bnb/

export const tokensOf = (text: string): string[] => text.split(/[^\p{L}\p{N}]+/u).filter(token => token !== '')

const bucket = (value: number, limits: readonly number[]): number => limits.filter(limit => value > limit).length

/** As it is shown, without `www.`. */
export const shownHost = ({ host }: Address): string =>
  (host.kind === 'ip'
    ? host.host
    : host.host.includes('xn--')
      ? domainToUnicode(host.host) || host.shown
      : host.shown
  ).replace(/^www\d?\./, '')

export const featuresOf = (address: Address): Features => {
  const shown = shownHost(address)
  const rest = address.rest.slice(0, restCharsMax).toLowerCase()
  const text = rest.length > 1 ? `${shown} ${rest}` : shown
  const marks = address.host.kind === 'ip' ? ['ip'] : marksOfHost(address, shown)
  return { text, marks: [...marks, ...marksOfRest(address, rest)] }
}

const marksOfHost = (address: Address, shown: string): string[] => {
  const site = registered(address.host.host)
  if (site === undefined) return ['unregistered']
  const top = site.suffix.split('.').at(-1) as string
  const name = site.domain.slice(0, -site.suffix.length - 1)
  const subdomain = site.subdomain.replace(/^www\d?\.?/, '')
  const platform = isPlatform(address.host.host, site)
  const names = platform ? `${subdomain}.${name}` : name
  const marks = [
    `tld:${common.has(top) ? 'common' : cheap.has(top) ? 'cheap' : top.length === 2 ? 'country' : 'new'}`,
    platform ? 'platform' : 'own domain',
    `levels:${Math.min(4, subdomain === '' ? 0 : subdomain.split('.').length)}`,
    `hyphens:${bucket(names.split('-').length - 1, [0, 1, 2, 3])}`,
    `subdomain hyphens:${bucket(subdomain.split('-').length - 1, [0, 1, 3])}`,
    `length:${bucket(names.length, [4, 7, 11, 15, 20, 28])}`,
    `host length:${bucket(shown.length, [12, 18, 26, 36, 50])}`,
    ...(isShortener(address.host.host) ? ['shortener'] : []),
    ...marksOfName(names),
    ...marksOfWords(tokensOf(subdomain), tokensOf(name), site, platform),
  ]
  if (!isAscii(shown)) marks.push(...marksOfScripts(shown, site))
  return marks
}

/** How random a name is. */
const marksOfName = (name: string): string[] => {
  const letters = name.replace(/[^a-z]/g, '').length
  const digits = name.replace(/\D/g, '').length
  const voiced = name.match(vowels)?.length ?? 0
  const consonants = Math.max(0, ...(name.match(/[bcdfghjklmnpqrstvwxz]+/g) ?? []).map(run => run.length))
  const switches = name.match(/[a-z]\d|\d[a-z]/g)?.length ?? 0
  return [
    `digits:${bucket(digits, [0, 1, 2, 4, 7])}`,
    `digit switches:${bucket(switches, [0, 1, 2, 3])}`,
    `consonants:${bucket(consonants, [3, 4, 5, 6])}`,
    `vowels:${letters < 4 ? 'few letters' : bucket(voiced / letters, [0.15, 0.25, 0.45, 0.6])}`,
    `entropy:${bucket(entropyOf(name), [2, 2.6, 3, 3.4, 3.8])}`,
  ]
}

/** Bits per character. */
const entropyOf = (text: string): number => {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

const marksOfWords = (
  above: readonly string[],
  own: readonly string[],
  site: Registered,
  platform: boolean,
): string[] => {
  const marks: string[] = []
  const inSubdomain = brandIn(above, site.domain)
  const inName = brandIn(own, site.domain)
  if (inSubdomain) marks.push(`brand above:${inSubdomain}`)
  if (inName) marks.push(`brand:${inName}`, platform ? 'brand on platform' : 'brand in domain')
  const luring = [...above, ...own].filter(isLure).length
  if (luring > 0) marks.push(`lures:${Math.min(3, luring)}`)
  if (luring > 0 && (inSubdomain || inName)) marks.push('brand and lure')
  if (luring > 0 && own.length > 1) marks.push('lure in name')
  if ([...above, ...own].some(hasLureWithin)) marks.push('lure within')
  const aboutCoins = [...above, ...own].filter(token => coins.test(token)).length
  if (aboutCoins > 0) marks.push(`coins:${Math.min(2, aboutCoins)}`, luring > 0 ? 'coins and lure' : 'coins alone')
  return marks
}

const marksOfScripts = (shown: string, site: Registered): string[] => {
  const marks = ['not ascii']
  if (mixesScripts(shown)) marks.push('mixed scripts')
  const latin = asLatin(shown)
  if (isAscii(latin) && brandIn(tokensOf(latin), site.domain)) marks.push('brand in look-alikes')
  return marks
}

const marksOfRest = ({ host, port, userinfo, rest: whole }: Address, rest: string): string[] => {
  const marks: string[] = []
  if (port !== '' && port !== '80' && port !== '443') marks.push('port')
  if (userinfo !== '') marks.push('userinfo')
  if (rest.length <= 1) return [...marks, 'no path']
  const [path = '', query] = rest.split('?', 2)
  const tokens = tokensOf(path)
  const brand = brandIn(tokens, registered(host.host)?.domain ?? '')
  const luring = tokens.filter(isLure).length
  marks.push(
    `depth:${bucket(path.split('/').length - 1, [1, 2, 4, 6])}`,
    `rest length:${bucket(whole.length, [10, 30, 60, 100, 200])}`,
  )
  if (brand) marks.push(`brand in path:${brand}`)
  if (luring > 0) marks.push(`lures in path:${Math.min(2, luring)}`)
  if (luring > 0 && brand) marks.push('brand and lure in path')
  if (/\.php\b/.test(path)) marks.push('php')
  if (actsOnFile.test(rest)) marks.push('runs')
  if (hackedSite.test(path)) marks.push('hacked')
  if (longHex.test(rest)) marks.push('hex')
  if (mailInRest.test(rest)) marks.push('mail')
  if (query !== undefined) marks.push('query')
  return marks
}
