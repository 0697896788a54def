import { DroverError } from '@drover/shared/errors/drover-error'
import { jobClasses, type JobClass } from '@drover/shared/queues'
import type { IncomingHttpHeaders } from 'node:http'

/** How a request wants to be treated. */
export interface Terms {
  readonly class: JobClass
  /** From arrival to the last byte. */
  readonly deadlineMs: number
}

/**
 * @param dialectClass what the body says in the dialect's own words; the header wins.
 * @throws DroverError `invalid_request` naming the header.
 */
export const termsOf = (
  headers: IncomingHttpHeaders,
  dialectClass: JobClass | undefined,
  deadlineMsMax: number,
): Terms => ({
  class: classOf(headers[classHeader]) ?? dialectClass ?? 'interactive',
  deadlineMs: deadlineOf(headers[deadlineHeader], deadlineMsMax) ?? deadlineMsMax,
})

const classHeader = 'x-drover-class'
const deadlineHeader = 'x-drover-deadline-ms'

type Header = string | string[] | undefined

const classOf = (header: Header): JobClass | undefined => {
  if (header === undefined) return undefined
  const known = jobClasses.find(name => name === header)
  if (known !== undefined) return known
  throw new DroverError('invalid_request', { field: classHeader, problem: `must be one of ${jobClasses.join(', ')}` })
}

const deadlineOf = (header: Header, max: number): number | undefined => {
  if (header === undefined) return undefined
  const ms = typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0
  if (ms >= 1 && ms <= max) return ms
  throw new DroverError('invalid_request', { field: deadlineHeader, problem: `must be an integer from 1 to ${max}` })
}
