import type { ErrorCode } from './catalogue.ts'

export type ErrorParams = Record<string, string | number>

/** A refusal: an outcome the catalogue knows. Anything else that is thrown is a bug and reads as `internal_error`. */
export class DroverError extends Error {
  override readonly name = 'DroverError'
  readonly code: ErrorCode
  readonly params: ErrorParams

  /** @param cause for the log only; it never reaches a client. */
  constructor(code: ErrorCode, params: ErrorParams = {}, cause?: unknown) {
    super(code, { cause })
    this.code = code
    this.params = params
  }
}
