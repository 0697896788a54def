import { kindAt, separator } from './characters.ts'

/** Addresses that are a program or a page themselves: `[more](javascript:…)`, `[more](data:text/html,…)`. */
export interface ScriptAddress {
  readonly start: number
  readonly end: number
  /** A link of Markdown: nobody has a reason for it there. In code and in markup it is ordinary. */
  readonly linked: boolean
}

const colon = 0x3a
const schemeCharsMax = 10
const scheme = /(?:javascript|vbscript|data)$/i
const harmlessScript = /^javascript:(?:void\(0\);?|;|\/\/)?$/i
const page = /^data:(?:text\/html|application\/xhtml\+xml|image\/svg\+xml)[;,]/i

export const isScriptColon = (text: string, at: number): boolean =>
  text.charCodeAt(at) === colon && scheme.test(text.slice(Math.max(0, at - schemeCharsMax), at))

/** Of one segment. */
export const scriptAddressesIn = (text: string, from: number, end: number): ScriptAddress[] => {
  const found: ScriptAddress[] = []
  for (let at = from; at < end; at += 1) {
    if (text.charCodeAt(at) !== colon) continue
    const name = scheme.exec(text.slice(Math.max(from, at - schemeCharsMax), at))?.[0]
    if (name === undefined) continue
    const start = at - name.length
    const linked = text.startsWith('](', start - 2) && start - 2 >= from
    let stop = end
    while (stop > at && kindAt(text, stop - 1) === separator) stop -= 1
    if (linked && text[stop - 1] === ')') stop -= 1
    const written = text.slice(start, stop)
    const isProgram = name.toLowerCase() === 'data' ? page.test(written) : !harmlessScript.test(written)
    if (isProgram) found.push({ start, end: stop, linked })
    at = Math.max(at, stop - 1)
  }
  return found
}
