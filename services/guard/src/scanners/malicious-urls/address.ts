import type { Host } from './host.ts'

/** Of `[text](address)`: what a reader sees of the address, as far as it is in the same segment. */
export interface Label {
  readonly text: string
  /** `![text](address)`, which is loaded without a click; also where that is not known. */
  readonly image: boolean
}

/** An address in a text. Offsets are into that text. */
export interface Address {
  readonly start: number
  readonly end: number
  /** In lower case, `hxxp` as `http`; '' if there is none. */
  readonly scheme: string
  /** What stands before `@`, or ''. */
  readonly userinfo: string
  readonly host: Host
  /** '' if there is none. */
  readonly port: string
  /** Path, query and fragment. */
  readonly rest: string
  readonly label: Label | undefined
  readonly defanged: boolean
  /** The host that look-alike letters make a reader see, if it is another. */
  readonly readAs?: string
}
