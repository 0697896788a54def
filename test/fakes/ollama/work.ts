import { Refusal } from './decode.ts'
import type { RequestFault } from './faults.ts'
import type { Call, Host } from './host.ts'
import type { Outcome, RequestRecord } from './journal.ts'
import { sendBody, sendJson, jsonType } from './send.ts'
import { goJson } from './wire.ts'

/** What all requests that need a model have in common: they are recorded, can be refused, and can be struck before they run. */

/** Two spaces, as there. */
export const busy = new Refusal(503, 'server busy, please try again.  maximum pending requests exceeded')

export const refuse = (call: Call, refusal: Refusal): 'refused' => {
  sendJson(call.response, refusal.status, { error: refusal.error })
  return 'refused'
}

export interface Work<Request> {
  readonly request: Request
  readonly record: RequestRecord
  /** Where the model and the slot go that it takes. */
  readonly resources: DisposableStack
  readonly arrivedMs: number
}

/** Carries a request out and writes down what became of it. @param isControl whether it only loads or unloads a model. */
export const recorded = async <Request extends { readonly model: string }>(
  host: Host,
  path: string,
  call: Call,
  request: Request | Refusal,
  isControl: (request: Request) => boolean,
  carryOut: (work: Work<Request>) => Promise<Outcome>,
): Promise<void> => {
  const arrivedMs = performance.now()
  const record =
    request instanceof Refusal
      ? host.journal.open(path, '', call.body)
      : host.journal.open(path, request.model, call.body, isControl(request))
  let outcome: Outcome = 'aborted'
  // Given back after the record is closed, in one turn: whoever sees the slot free sees the outcome too.
  using resources = new DisposableStack()
  try {
    outcome =
      request instanceof Refusal ? refuse(call, request) : await carryOut({ request, record, resources, arrivedMs })
  } finally {
    host.journal.close(record, outcome)
  }
}

/** Undefined when the fault strikes later, if at all. */
export const strikeAtOnce = (call: Call, fault: RequestFault | undefined): Outcome | undefined => {
  if (fault?.kind === 'busy') return sendStatus(call, busy.status, goJson({ error: busy.error }))
  return fault?.kind === 'status' ? sendStatus(call, fault.status, fault.body) : undefined
}

const sendStatus = (call: Call, status: number, body: string): Outcome => {
  const kinds: Record<string, string> = { '{': jsonType, '<': 'text/html' }
  const type = kinds[body.trimStart().charAt(0)] ?? 'text/plain; charset=utf-8'
  sendBody(call.response, status, type, body)
  return 'fault'
}

export const nanoseconds = (ms: number): number => Math.round(ms * 1_000_000)
