import { z } from 'zod'

/** Kinds of values that several sections of `drover.yaml` have. */

/** Node's timers count to 2^31 - 1 ms; a day is beyond any request. */
export const dayMs = 86_400_000

export const integer = (min: number, max: number) => {
  const expected = `must be an integer from ${min} to ${max}`
  return z.int(expected).min(min, expected).max(max, expected)
}

export const text = (charsMax: number) => {
  const expected = `must be text of 1 to ${charsMax} characters`
  return z.string(expected).min(1, expected).max(charsMax, expected)
}

const hostIdExpected = 'must be 1 to 63 letters, digits, ".", "_" and "-", beginning with a letter or digit'
export const hostId = z.string(hostIdExpected).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, hostIdExpected)

const modelNameExpected = 'must be a model name of 1 to 256 characters'
export const modelName = z.string(modelNameExpected).regex(/^\P{Cc}{1,256}$/u, modelNameExpected)

const isBaseUrl = (value: string): boolean => {
  const url = URL.parse(value)
  return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === ''
}

const urlExpected = 'must be the base URL of a server without a path, such as http://127.0.0.1:11434'
export const baseUrl = z
  .string(urlExpected)
  .max(2_048, urlExpected)
  .refine(isBaseUrl, urlExpected)
  .overwrite(url => (url.endsWith('/') ? url.slice(0, -1) : url))

export const apiKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,512}$/, 'must be 1 to 512 visible ASCII characters without spaces')
