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
