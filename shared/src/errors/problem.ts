import type { Language } from '../language.ts'
import { errorKind, type ErrorCode } from './catalogue.ts'
import { DroverError, type ErrorParams } from './drover-error.ts'
import { ar } from './messages/ar.ts'
import { en } from './messages/en.ts'
import { ja } from './messages/ja.ts'
import { ko } from './messages/ko.ts'
import { messageParams, type Messages } from './messages/messages.ts'
import { ru } from './messages/ru.ts'
import { vi } from './messages/vi.ts'
import { zh } from './messages/zh.ts'

/** An error as a client sees it, before a dialect gives it its envelope. */
export interface Problem {
  readonly status: number
  readonly type: string
  readonly code: string
  /** In the client's language. */
  readonly message: string
  /** The field at fault, as a path such as `messages[0].content`; null where no field is. */
  readonly param: string | null
  readonly retryable: boolean
  /** For the `retry-after` header. */
  readonly retryAfterS?: number
}

const messages = { en, zh, vi, ja, ko, ru, ar } as const satisfies Record<Language, Messages>

/** Explanations may be longer than names. */
const lengthMax = (name: string): number => (name === 'problem' || name === 'detail' ? 512 : 128)

/** Without control and format characters (they could hide or reorder what follows) and without half of a surrogate pair. */
const clean = (value: string | number | undefined, length: number): string =>
  String(value ?? '')
    .slice(0, length)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '')

const messageOf = (code: ErrorCode, params: ErrorParams, lang: Language): string => {
  const inserted = messageParams[code].map(name => [name, clean(params[name], lengthMax(name))])
  // TypeScript can't see that these are the params of this very code; `messageParams` is the source of both.
  const sentence = messages[lang][code] as (inserted: Record<string, string>) => string
  return sentence(Object.fromEntries(inserted))
}

const retryAfterOf = (code: ErrorCode, params: ErrorParams): number | undefined => {
  const own = params['retryAfterS']
  const seconds = typeof own === 'number' && !Number.isNaN(own) ? own : errorKind(code).retryAfterS
  return seconds === undefined ? undefined : Math.min(60, Math.max(1, Math.ceil(seconds)))
}

/** A field of another code's params is no field of the request. */
const namingField: ReadonlySet<ErrorCode> = new Set(['invalid_request', 'model_unsupported'])

/** @param params of the code, as the catalogue lists them, and `retryAfterS` where the raiser knows better than it. */
export const problemOf = (code: ErrorCode, params: ErrorParams, lang: Language): Problem => {
  const { status, type, retryable } = errorKind(code)
  const retryAfterS = retryAfterOf(code, params)
  const field = namingField.has(code) ? clean(params['field'], lengthMax('field')) : ''
  return {
    status,
    type,
    code,
    message: messageOf(code, params, lang),
    param: field === '' ? null : field,
    retryable,
    ...(retryAfterS !== undefined && { retryAfterS }),
  }
}

/** What a client is told about anything that was thrown: a bug reads as `internal_error`, without a word of its own. */
export const toProblem = (error: unknown, lang: Language): Problem =>
  error instanceof DroverError ? problemOf(error.code, error.params, lang) : problemOf('internal_error', {}, lang)
