import type { StreamEvent } from '@drover/shared/events'
import type { ModelRequest } from '@drover/shared/requests'

/** What a probe learned of a model that the host has. */
export interface Installed {
  /** As the host names it. */
  readonly name: string
  /** Of its content: another one is another model under the same name. '' where the host does not say. */
  readonly digest: string
  readonly bytes: number
  /** RFC 3339; '' where the host does not say. */
  readonly modifiedAt: string
  /** Raw JSON text of Ollama's `details`; absent where the host does not say. */
  readonly detailsJson?: string
}

/** A model in the host's memory. */
export interface Loaded {
  readonly name: string
  readonly bytes: number
  readonly vramBytes: number
  /** RFC 3339; '' where the host does not say. */
  readonly expiresAt: string
  readonly contextTokens: number
  /** Raw JSON text of Ollama's `details`; absent where the host does not say. */
  readonly detailsJson?: string
}

export interface HostFacts {
  readonly version: string
  readonly installed: readonly Installed[]
  readonly loaded: readonly Loaded[]
}

/** What the host says of one model. */
export interface ModelDescription {
  /** Ollama's words (`completion`, `tools`, `vision`, `thinking`, `embedding`, `insert`); absent where the host does not say. */
  readonly capabilities?: readonly string[]
  /** Raw JSON text of the whole description, for clients. */
  readonly json: string
}

/** A server that runs models: the one interface of all types of hosts. Owns its connections. */
export interface Host extends AsyncDisposable {
  /**
   * Streams one answer as batches of events, a batch per piece of network data, ending with `end`. Throws HostFailure;
   * leaving the loop, or aborting `signal`, closes the connection, which is how a host is told to stop.
   * @param defaults raw JSON text per option, beneath the request's own.
   */
  run(
    model: string,
    request: ModelRequest,
    defaults: Record<string, string>,
    signal: AbortSignal,
  ): AsyncIterable<StreamEvent[]>
  /**
   * Has the model in memory. Throws HostFailure, or the signal's reason.
   * @param keepAliveS negative: until it has to make room; 0: not any longer; absent: as long as after a request.
   */
  load(model: string, options: Record<string, string>, signal: AbortSignal, keepAliveS?: number): Promise<void>
  /** Asks how it is and what it has. Throws HostFailure. */
  probe(signal: AbortSignal): Promise<HostFacts>
  /** Undefined where this type of host describes no models. Throws HostFailure. */
  describe(model: string, signal: AbortSignal): Promise<ModelDescription | undefined>
}
