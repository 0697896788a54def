import { createHash } from 'node:crypto'

/** How a caller is named inside drover: 16 hex digits of a digest, so that no key is in a job. */
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

export const callerOfKey = (key: string): string => digestOf(`key ${key}`)
export const callerOfAddress = (address: string): string => digestOf(`address ${address}`)
