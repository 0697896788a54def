import { DomainList, shippedLines } from './domain-list.ts'
import { registered, type Registered } from './top-level.ts'

/** Hosts where anybody can have a page, so that the domain says nothing about it. */

const platforms = new DomainList(shippedLines('platforms.txt'))
const shorteners = new DomainList(shippedLines('shorteners.txt'))

export const isShortener = (host: string): boolean => shorteners.covering(host) !== undefined

export const isPlatform = (host: string, site: Registered | undefined = registered(host)): boolean =>
  site?.platform === true || platforms.covering(host) !== undefined

/** The platform's own page. */
export const isPlatformItself = (host: string): boolean => platforms.covering(host) === host.replace(/^www\./, '')

/** How much of the host's end is the platform's: what is listed must be more than that. */
export const platformChars = (host: string): number => {
  const site = registered(host)
  return Math.max(platforms.covering(host)?.length ?? 0, site?.platform ? site.suffix.length - 1 : 0)
}
