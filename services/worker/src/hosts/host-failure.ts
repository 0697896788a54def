/**
 * How a host can fail a request, and what that means for the job:
 * - `unreachable`, `failed`: the host's fault; another host may do better.
 * - `busy`: it has no room; back-pressure.
 * - `model_missing`: it has not got the model (any more).
 * - `unsupported`: its model cannot do what is asked; another host's, of the same name, may.
 * - `rejected`: the request's fault; no host would take it.
 * - `error_line`: it said so itself, in mid-stream.
 * - `gave_up`: so it did, because of what the model said; that speaks for the host.
 */
export type HostFailureKind =
  | 'unreachable'
  | 'failed'
  | 'busy'
  | 'model_missing'
  | 'unsupported'
  | 'rejected'
  | 'error_line'
  | 'gave_up'

export class HostFailure extends Error {
  override readonly name = 'HostFailure'
  readonly kind: HostFailureKind
  /** The host's own words, clipped; never logged, shown to a client only where the error's words have a place for it. */
  readonly detail: string

  constructor(kind: HostFailureKind, detail: string, cause?: unknown) {
    super(kind, { cause })
    this.kind = kind
    this.detail = detail.slice(0, 500)
  }
}
