import type { Address } from './address.ts'
import {
  hostStart,
  labelBefore,
  portEnd,
  readRun,
  restEnd,
  slashesEnd,
  trimmedEnd,
  withoutEdges,
  type Run,
} from './address-parts.ts'
import { inHost, isAlphanumeric, isDigit, kindAt } from './characters.ts'
import { hostCharsMax, hostOf, ipv6Of } from './host.ts'
import { isHostAlone, isSchemeless, isSchemelessHost } from './schemeless.ts'
import { isTopLevel } from './top-level.ts'

const schemes = /(?:h(?:tt|xx)ps?|f(?:t|x)ps?|wss?)$/i
const schemeCharsMax = 5
const nestedMax = 16
const edgeCharsMax = 16
const wideDots = /[\u3002\uFF0E\uFF61]/gu

/** Reads one segment (`segmentEnd`) of a text, from left to right. Linear. */
export class AddressReader {
  readonly #text: string
  readonly #from: number
  readonly #end: number
  readonly #alone: boolean
  readonly #found: Address[] = []
  /** Addresses within the path of the last one that is not within another. */
  #nested = 0

  /** `alone`: the text is nothing but this segment, so that a bare host can't be anything else. */
  constructor(text: string, from: number, end: number, alone = false) {
    this.#text = text
    this.#from = from
    this.#end = end
    this.#alone = alone
  }

  read(): readonly Address[] {
    const text = this.#text
    /** Up to here only addresses within the path of another one are looked for. */
    let within = this.#from
    for (let at = this.#from; at < this.#end;) {
      if (kindAt(text, at) !== inHost) {
        const bare = text[at] === '/' && text[at + 1] === '/' && at >= within && this.#opens(at - 1)
        const found = bare ? this.#withAuthority(at, at + 2, '', 0) : undefined
        if (found) within = Math.max(within, found.end)
        at = found ? found.resumeAt : at + 1
        continue
      }
      const run = readRun(text, at, this.#end, false)
      const authorityFrom = slashesEnd(text, run.end, this.#end)
      if (authorityFrom > 0) {
        const scheme = schemes.exec(text.slice(Math.max(at, run.end - schemeCharsMax), run.end))?.[0]
        if (scheme === undefined) {
          at = authorityFrom
          continue
        }
        const found = this.#withAuthority(run.end - scheme.length, authorityFrom, scheme, within)
        if (found) within = Math.max(within, found.end)
        at = found ? found.resumeAt : authorityFrom
        continue
      }
      const end = at >= within ? this.#schemeless(at, run) : 0
      within = Math.max(within, end)
      at = Math.max(run.end, at + 1)
    }
    return this.#found
  }

  /** `(`, `=` and the like, or the segment begins. */
  #opens(at: number): boolean {
    return at < this.#from || '("\'=[<,;|'.includes(this.#text[at] as string)
  }

  #withAuthority(start: number, from: number, scheme: string, within: number) {
    const text = this.#text
    const hostFrom = hostStart(text, from, this.#end)
    const bracketed = text[hostFrom] === '[' ? text.slice(hostFrom + 1, hostFrom + 48).split(']', 1)[0] : undefined
    const encoded = text[from - 1] !== '/' && text[from - 1] !== '\\' && text[from - 1] !== ']'
    const run = readRun(text, hostFrom, this.#end, !encoded)
    // `http://https://evil.com`: the first is no host.
    if (bracketed === undefined && (run.end === hostFrom || slashesEnd(text, run.end, this.#end) > 0)) return undefined
    const host = bracketed === undefined ? hostOf(withoutEdges(run.written)) : ipv6Of(bracketed)
    let hostEnd = bracketed === undefined ? run.end : hostFrom + bracketed.length + 2
    if (host === undefined) return undefined
    // A dot at its end is the sentence's, unless a path follows.
    if (!':/\\?#'.includes(text[hostEnd] ?? ' ')) while ('._-\u3002'.includes(text[hostEnd - 1] as string)) hostEnd -= 1
    if (scheme === '' && !isSchemelessHost(run.written, { before: '', after: '', hasPort: false, path: '/' }))
      return undefined
    const behindPort = portEnd(text, hostEnd, this.#end)
    const port = text.slice(Math.min(hostEnd + 1, behindPort), behindPort)
    hostEnd = behindPort
    const nested = start < within
    if (!nested) this.#nested = 0
    else if (++this.#nested > nestedMax) return undefined
    const end = nested ? within : restEnd(text, hostEnd, this.#end, start)
    const trimmed = trimmedEnd(text, hostEnd, end)
    this.#found.push({
      start,
      end: trimmed,
      scheme: scheme.toLowerCase().replace('xx', 'tt'),
      userinfo: text.slice(from, Math.max(from, hostFrom - 1)),
      host,
      port,
      rest: text.slice(hostEnd, trimmed),
      label: labelBefore(text, start, this.#from),
      defanged: run.defanged || /xx/i.test(scheme) || text[from - 1] === ']',
    })
    return { end, resumeAt: hostEnd }
  }

  #schemeless(at: number, run: Run): number {
    const text = this.#text
    if (run.written.length > hostCharsMax + edgeCharsMax || text[run.end] === '@') return 0
    const written = withoutEdges(run.written)
    if (!endsInDomain(written)) return 0
    let start = at
    while (start < run.end && !isAlphanumeric(text.charCodeAt(start))) start += 1
    const atEnd = run.written.endsWith(written)
    const hostEnd = atEnd ? run.end : run.end - (run.written.length - run.written.lastIndexOf(written) - written.length)
    const behindPort = atEnd ? portEnd(text, hostEnd, this.#end) : hostEnd
    const end = atEnd ? trimmedEnd(text, behindPort, restEnd(text, behindPort, this.#end, start)) : hostEnd
    const rest = text.slice(behindPort, end)
    const around = {
      before: at > this.#from ? (text[at - 1] as string) : '',
      after: atEnd ? (text[behindPort] ?? '') : '',
      hasPort: behindPort > hostEnd,
      path: rest.startsWith('/') && rest.length > 1 ? rest : '',
    }
    const host = hostOf(written)
    if (host === undefined) return 0
    const isAll = this.#alone && start === this.#from && end === this.#end && isHostAlone(host)
    if (!isAll && !isSchemeless(host, written.replace(wideDots, '.'), around)) return 0
    const { defanged } = run
    const label = labelBefore(text, start, this.#from)
    this.#found.push({
      start,
      end,
      scheme: '',
      userinfo: '',
      host,
      port: text.slice(hostEnd + 1, behindPort),
      rest,
      label,
      defanged,
    })
    return end
  }
}

/** A top-level domain, or a number: said before anything is worked out. */
const endsInDomain = (written: string): boolean => {
  const dot = Math.max(
    written.lastIndexOf('.'),
    written.lastIndexOf('\u3002'),
    written.lastIndexOf('\uFF0E'),
    written.lastIndexOf('\uFF61'),
  )
  return dot > 0 && (isDigit(written.charCodeAt(dot + 1)) || isTopLevel(written.slice(dot + 1)))
}
