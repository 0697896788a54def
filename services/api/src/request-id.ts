import { randomUUID } from 'node:crypto'

/** Of a request, and of the response it gets: also the name of its job and of its logs. */
export const newRequestId = (): string => `r_${randomUUID().replaceAll('-', '')}`
