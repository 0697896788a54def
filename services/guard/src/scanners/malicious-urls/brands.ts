import { shippedLines } from './domain-list.ts'

/** Names that phishing borrows, and where they really live. */

interface Brand {
  readonly domains: ReadonlySet<string>
  /** `!`: nobody but its owner and those who phish have it in a domain. */
  readonly guarded: boolean
}

const brands = new Map<string, Brand>()
for (const line of shippedLines('brands.txt')) {
  const [written = '', ...domains] = line.split(/\s+/)
  brands.set(written.replace('!', ''), { domains: new Set(domains), guarded: written.startsWith('!') })
}

/** Shorter names are parts of too many words (`att`, `wise`). */
const withinCharsMin = 6
const squatCharsMin = 6
const wrongLetterCharsMin = 7
const within = [...brands.keys()].filter(name => name.length >= withinCharsMin && /^[a-z]+$/.test(name))

/** Words that are a letter or a look-alike away from a name. */
const words = new Set(
  `finance financed cloud clouds tunes telegraf telegraph optimist optimists telecom telecoms panel panels webchat discard
  discords looking cooking booking bookings window windows widows winnow morton horton norton goggle googles goole shoppe
  shopper shoppers barclay lloyd revolt revolts pledger ledgers phantoms outlooks apples amazons steams streams mercury
  optimal weechat correios opensearch golden exodus geminis hermes nationwides avalanches spectrums electron etherium dropboxes facebooks kraken
  krakens santanders walmarts swisscoms stars chases phase adobes correo correos infinity github githubs`.split(/\s+/),
)

/** All that a name, and a name without one of its letters, is reached from: two texts at a distance of 1 share one. */
const squatted = new Map<string, string[]>()

const withoutOne = (text: string): string[] => [
  text,
  ...Array.from(text, (_, at) => text.slice(0, at) + text.slice(at + 1)),
]

for (const name of brands.keys()) {
  if (name.length < squatCharsMin || !/^[a-z]+$/.test(name)) continue
  for (const key of withoutOne(name)) squatted.set(key, [...(squatted.get(key) ?? []), name])
}

const lookAlikes: Readonly<Record<string, string>> = { 0: 'o', 1: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't', 8: 'b' }

/** `paypa1`, `rnicrosoft`: as it is read at a glance. */
const atAGlance = (token: string): string =>
  token
    .replace(/[0134578]/g, digit => lookAlikes[digit] as string)
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')

/** `paypai`, `ledqer`: letters of one shape are one. */
const outline = (token: string): string => atAGlance(token).replaceAll('i', 'l').replaceAll('q', 'g')

const outlines = new Map([...brands.keys()].map(name => [outline(name), name]))

export type BrandUse = 'token' | 'within' | 'squat'

const tokenCharsMax = 24

/** How a part of an address, in lower case and split into words, uses a name that is not its own. */
export const brandIn = (tokens: readonly string[], domain: string): BrandUse | undefined => {
  let use: BrandUse | undefined
  for (const token of tokens) {
    const exact = brands.get(token)
    if (exact?.domains.has(domain)) return undefined
    if (exact) use = 'token'
    else use ??= isWithin(token) ? 'within' : isSquat(token) ? 'squat' : undefined
  }
  return use
}

const guarded = [...brands].filter(([, brand]) => brand.guarded)

/** Whether a domain that is not its owner's has a guarded name in it. */
export const hasGuarded = (name: string, domain: string): boolean => {
  const plain = name.replace(/[^a-z]/g, '')
  return guarded.some(([brand, { domains }]) => plain.includes(brand) && !domains.has(domain))
}

/** Whether a word is a name with a letter wrong, or the words together are one (`fed-ex`). */
export const squatIn = (tokens: readonly string[]): boolean => {
  const joined = tokens.length > 1 ? tokens.join('') : ''
  return (
    tokens.some(isSquat) ||
    (joined.length >= 5 && brands.has(joined) && !words.has(joined) && !brands.has(tokens.join('-')))
  )
}

const isWithin = (token: string): boolean => token.length > withinCharsMin && within.some(name => token.includes(name))

const isSquat = (token: string): boolean => {
  if (token.length < squatCharsMin - 1 || token.length > tokenCharsMax || words.has(token) || brands.has(token))
    return false
  const glance = atAGlance(token)
  if (glance !== token && (brands.has(glance) || within.some(name => glance.includes(name) && !token.includes(name))))
    return true
  if (words.has(glance)) return false
  if (token.length > 4 && outlines.has(outline(token))) return true
  if (glance !== token && token.length < 8) return false
  return withoutOne(glance).some(key => squatted.get(key)?.some(name => isOneOff(name, glance)))
}

/** A letter more, less or other, or two neighbours the other way round; both are known to share all but one letter each. */
const isOneOff = (name: string, token: string): boolean => {
  if (name === token || Math.abs(name.length - token.length) > 1) return false
  let start = 0
  while (start < name.length && name[start] === token[start]) start += 1
  let end = 0
  while (end < name.length - start && end < token.length - start && name.at(-1 - end) === token.at(-1 - end)) end += 1
  const [left, right] = [name.slice(start, name.length - end), token.slice(start, token.length - end)]
  if (left.length <= 1 && right.length <= 1) {
    // Short names are a letter away from many words (`icloud`, `zcloud`): there only a doubled letter is told.
    return (
      name.length >= wrongLetterCharsMin || (left === '' && (right === token[start - 1] || right === token[start + 1]))
    )
  }
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0]
}
