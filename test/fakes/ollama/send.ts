import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { RequestFault, StreamFault } from './faults.ts'
import { isStreamFault } from './faults.ts'
import type { Part } from './pace.ts'
import { goJson } from './wire.ts'

/** Writes one answer, as a stream or as one object, with the fault that was scripted for it. */

export interface Delivery {
  readonly response: ServerResponse
  readonly signal: AbortSignal
  readonly parts: AsyncIterable<Part>
  readonly fault: RequestFault | undefined
  /** Tokens generated so far. */
  readonly progress: (tokens: number) => void
}

/** The lines of a stream, without their ends. */
export interface Lines {
  /** The one of this token, from 0; after the last token, the last line. */
  line(index: number): string
  /** One whose text has this many bytes. */
  bigLine(bytes: number): string
  last(): string
}

/** One body, which grows by tokens. */
export interface Whole {
  /** The tokens [from, to). */
  add(from: number, to: number): void
  /** A token of this many bytes. */
  addBig(bytes: number): void
  /** What Ollama sends when its runner ended without a last word. */
  unfinished(): string
  finished(): string
}

/** `fault`: the answer ended before its end. */
export type Delivered = 'done' | 'fault'

const html = '<html><body><h1>502 Bad Gateway</h1></body></html>'

export const jsonType = 'application/json; charset=utf-8'

/** Go keeps so many bytes of an answer back, to tell their number; a longer one goes out in chunks. */
const keptBytesMax = 2_048

/** One body, with its content-length where it is short. */
export const sendBody = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.statusCode = status
  response.setHeader('Content-Type', type)
  endWith(response, body)
}

const endWith = (response: ServerResponse, body: string): void => {
  const bytes = Buffer.byteLength(body)
  // Said aloud, because a HEAD has it too.
  if (bytes <= keptBytesMax) response.setHeader('Content-Length', bytes)
  else response.write(body)
  response.end(bytes <= keptBytesMax ? body : undefined)
}

export const sendJson = (response: ServerResponse, status: number, body: object): void =>
  sendBody(response, status, jsonType, goJson(body))

export const sendStream = async (delivery: Delivery, lines: Lines): Promise<Delivered> => {
  const { response } = delivery
  const write = writer(delivery)
  response.setHeader('Content-Type', 'application/x-ndjson')
  for await (const part of delivery.parts) {
    if (part.type === 'fault') {
      const ended = await strikeStream(delivery, lines, part.fault, part.at, write)
      if (ended) return 'fault'
      continue
    }
    let text = ''
    for (let index = part.from; index < part.to; index++) text += `${lines.line(index)}\n`
    await write(text)
    delivery.progress(part.to)
  }
  await write(`${lines.last()}\n`)
  response.end()
  return 'done'
}

/** True when the fault ends the answer. */
const strikeStream = async (
  { response, signal }: Delivery,
  lines: Lines,
  fault: StreamFault,
  at: number,
  write: (text: string) => Promise<void>,
): Promise<boolean> => {
  switch (fault.kind) {
    case 'garbage':
      await write(`${html}\n`)
      return false
    case 'bigLine':
      await write(`${lines.bigLine(fault.bytes)}\n`)
      return false
    case 'halfLine': {
      const line = lines.line(at)
      response.end(line.slice(0, line.length / 2))
      return true
    }
    case 'errorLine':
      if (response.headersSent) response.end(`${goJson({ error: fault.message })}\n`)
      else sendBody(response, 500, 'application/json', goJson({ error: fault.message }))
      return true
    case 'eof':
      response.end()
      return true
    case 'reset':
      await reset(response)
      return true
    case 'stall':
      return await untilAborted(signal)
  }
}

export const sendWhole = async (delivery: Delivery, whole: Whole): Promise<Delivered> => {
  const { response } = delivery
  response.setHeader('Content-Type', jsonType)
  for await (const part of delivery.parts) {
    if (part.type === 'tokens') {
      whole.add(part.from, part.to)
      delivery.progress(part.to)
    } else if (part.fault.kind === 'bigLine') whole.addBig(part.fault.bytes)
    else {
      await strikeWhole(delivery, part.fault, whole.unfinished())
      return 'fault'
    }
  }
  const body = whole.finished()
  if (delivery.fault?.kind === 'splitBytes') {
    await writer(delivery)(body)
    response.end()
  } else endWith(response, body)
  return 'done'
}

const strikeWhole = async (
  { response, signal }: Delivery,
  fault: Exclude<StreamFault, { kind: 'bigLine' }>,
  unfinished: string,
): Promise<void> => {
  switch (fault.kind) {
    case 'garbage':
      response.end(html)
      return
    case 'halfLine':
      response.end(unfinished.slice(0, unfinished.length / 2))
      return
    case 'errorLine':
      sendJson(response, 500, { error: fault.message })
      return
    case 'eof':
      response.end(unfinished)
      return
    case 'reset':
      await reset(response)
      return
    case 'stall':
      await untilAborted(signal)
  }
}

/** The fault that strikes while tokens flow; a host that never answers stalls before the first. */
export const streamFaultOf = (fault: RequestFault | undefined): StreamFault | undefined => {
  if (fault?.kind === 'neverAnswer') return { kind: 'stall', afterTokens: 0 }
  return isStreamFault(fault) ? fault : undefined
}

const writer = ({ response, signal, fault }: Delivery): ((text: string) => Promise<void>) => {
  if (fault?.kind !== 'splitBytes') {
    return async text => {
      if (!response.write(text)) await once(response, 'drain', { signal })
    }
  }
  return async text => {
    for (const byte of Buffer.from(text)) {
      signal.throwIfAborted()
      // Waiting for the flush makes it a packet of its own.
      await new Promise(flushed => response.write(Buffer.of(byte), flushed))
    }
  }
}

const reset = async (response: ServerResponse): Promise<void> => {
  const { socket } = response
  // What was written so far has to be out, because a reset throws away what is not.
  if (response.headersSent) await new Promise(flushed => socket?.write('', flushed))
  socket?.resetAndDestroy()
}

const untilAborted = async (signal: AbortSignal): Promise<never> => {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}
