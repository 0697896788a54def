import type { Host } from './host.ts'
import { isTopLevel, registered } from './top-level.ts'

/**
 * Whether a run of host characters without a scheme is an address: `evil.com/login` is, `main.py`, `user.name`,
 * `README.md` and `e.g` are not, though `py`, `name`, `md` and `g` (or rather `gg`) name countries or can be bought.
 */

/** Top-level domains that are more often the end of a file's name. */
const files = new Set('ad ai as bz cab cc cf java md mk ml mm mov pl pm ps py rs sh so st zip'.split(' '))

/** Those that are so even where nothing else is in the text. */
const mostlyFiles = new Set('md mov pl ps py rs sh so zip'.split(' '))

/** Top-level domains that are hardly anything else in text and code. */
const clear = new Set(
  `com net org edu gov mil io co biz xyz icu vip tk ga gq cyou cloud ru ua by kz cn jp kr tw hk vn th my sg ph ir il tr
  ae sa eg pk bd lk np fr de nl eu uk ch se fi dk cz sk hu ro bg gr pt es br ar mx pe ve cl au nz za ng ke gh us ca ie ws
  pw su lol cfd sbs gdn`.split(/\s+/),
)

/** The others are words (`rect.top`, `user.name`, `event.target`): what programs call so is short, and has no hyphen. */
const unlikeCode = /[\d-]|^[^.]{8}/

/** What follows the run: `port` and `path` only of forms that names in text don't have. */
export interface Around {
  readonly before: string
  readonly after: string
  readonly hasPort: boolean
  readonly path: string
}

const camelCase = /[a-z][A-Z]|\.[A-Z][a-z]/
const partOfCode = '([=+$@\\'

/** `host` as it is written, dots as dots. */
export const isSchemelessHost = (host: string, { before, after, hasPort, path }: Around): boolean => {
  const lastDot = host.lastIndexOf('.')
  const top = host.slice(lastDot + 1)
  if (lastDot < 1 || host.length > 253 || host.includes('_') || host.includes('..') || !isTopLevel(top)) return false
  if ('$@#&%/\\'.includes(before) && before !== '') return false
  const www = /^www\d?\./i.test(host)
  if (!www && after !== '' && partOfCode.includes(after)) return false
  const site = registered(host.toLowerCase())
  if (site === undefined) return false
  if (www || hasPort) return true
  if (camelCase.test(host) && path === '') return false
  const name = top.toLowerCase()
  if (clear.has(name)) return true
  if (files.has(name)) return path !== '' && !path.split('/')[1]?.includes('.')
  const [own = ''] = site.domain.split('.')
  return path !== '' || unlikeCode.test(own) || name.startsWith('xn--') || name > '\u007F'
}

/** Four plain numbers, and what versions and networks don't have: a port, or a path that is no number. */
const isSchemelessIp = (written: string, { before, hasPort, path }: Around): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(written) && before !== '/' && (hasPort || /^\/\D/.test(path))

export const isSchemeless = (host: Host, written: string, around: Around): boolean =>
  host.kind === 'name' ? isSchemelessHost(written, around) : isSchemelessIp(written, around)

/** Of a host that is, with its path, all of a text. */
export const isHostAlone = ({ kind, host }: Host): boolean =>
  kind === 'name' && !mostlyFiles.has(host.slice(host.lastIndexOf('.') + 1)) && registered(host) !== undefined
