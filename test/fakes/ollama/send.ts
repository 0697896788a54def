import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { ChatFault, ProbeFault, StreamFault } from './faults.ts'
import { isStreamFault } from './faults.ts'
import { processEntry, tagEntry } from './models.ts'
import type { Part } from './pace.ts'
import type { Reply } from './reply.ts'
import type { Frames } from './wire.ts'
import { goJson } from './wire.ts'

/** Writes one answer, as a stream or as one object, with the fault that was scripted for it. */

export interface Delivery {
  readonly response: ServerResponse
  readonly signal: AbortSignal
  readonly reply: Reply
  readonly frames: Frames
  readonly parts: AsyncIterable<Part>
  readonly fault: ChatFault | undefined
  /** The last line, or the whole body around what was said. */
  readonly finish: (content: string, thinking: string) => string
  /** Tokens generated so far. */
  readonly progress: (tokens: number) => void
}

/** `fault`: the answer ended without its `done`. */
export type Delivered = 'done' | 'fault'

const html = '<html><body><h1>502 Bad Gateway</h1></body></html>'

const jsonType = 'application/json; charset=utf-8'

/** One body with its content-length. */
export const sendBody = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.statusCode = status
  response.setHeader('Content-Type', type)
  // Said aloud, because a HEAD has it too.
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(body)
}

export const sendJson = (response: ServerResponse, status: number, body: object): void =>
  sendBody(response, status, jsonType, goJson(body))

export const sendStream = async (delivery: Delivery): Promise<Delivered> => {
  const { response, reply, frames } = delivery
  const write = writer(delivery)
  response.setHeader('Content-Type', 'application/x-ndjson')
  for await (const part of delivery.parts) {
    if (part.type === 'fault') {
      const ended = await strikeStream(delivery, part.fault, part.at, write)
      if (ended) return 'fault'
      continue
    }
    let lines = ''
    for (let index = part.from; index < part.to; index++) lines += `${frames.chunk(reply.piece(index))}\n`
    await write(lines)
    delivery.progress(part.to)
  }
  await write(`${delivery.finish('', '')}\n`)
  response.end()
  return 'done'
}

/** True when the fault ends the answer. */
const strikeStream = async (
  delivery: Delivery,
  fault: StreamFault,
  at: number,
  write: (text: string) => Promise<void>,
): Promise<boolean> => {
  const { response, reply, frames } = delivery
  switch (fault.kind) {
    case 'garbage':
      await write(`${html}\n`)
      return false
    case 'bigLine':
      await write(`${frames.chunk({ content: 'x'.repeat(fault.bytes) })}\n`)
      return false
    case 'halfLine': {
      const line = at < reply.length ? frames.chunk(reply.piece(at)) : delivery.finish('', '')
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
      return await untilAborted(delivery.signal)
  }
}

export const sendWhole = async (delivery: Delivery): Promise<Delivered> => {
  const { response, reply, frames } = delivery
  let content = ''
  let thinking = ''
  response.setHeader('Content-Type', jsonType)
  for await (const part of delivery.parts) {
    if (part.type === 'tokens') {
      for (let index = part.from; index < part.to; index++) {
        const piece = reply.piece(index)
        content += piece.content
        thinking += piece.thinking ?? ''
      }
      delivery.progress(part.to)
    } else if (part.fault.kind === 'bigLine') content += 'x'.repeat(part.fault.bytes)
    else {
      await strikeWhole(delivery, part.fault, frames.chunk({ content, thinking }))
      return 'fault'
    }
  }
  const body = delivery.finish(content, thinking)
  // One `end` gives a content-length, as there.
  if (delivery.fault?.kind === 'splitBytes') await writer(delivery)(body)
  response.end(delivery.fault?.kind === 'splitBytes' ? undefined : body)
  return 'done'
}

/** @param unfinished the body Ollama sends when its runner ended without a last word. */
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
export const streamFaultOf = (fault: ChatFault | undefined): StreamFault | undefined => {
  if (fault?.kind === 'neverAnswer') return { kind: 'stall', afterTokens: 0 }
  return isStreamFault(fault) ? fault : undefined
}

/** What a probe gets instead of its answer. */
export const strikeProbe = (response: ServerResponse, fault: ProbeFault): void => {
  switch (fault.kind) {
    case 'probeGarbage':
      sendBody(response, 200, 'text/html', '<html></html>')
      return
    case 'probeBody':
      sendBody(response, 200, jsonType, fault.body)
      return
    case 'probeFlood': {
      const entry = fault.path === '/api/tags' ? tagEntry : strangerProcess
      sendJson(response, 200, {
        models: Array.from({ length: fault.models }, (_, index) => entry(`stranger:${index}`)),
      })
      return
    }
    case 'probeHang':
  }
}

const strangerProcess = (name: string): object =>
  processEntry({ name, contextLength: 4_096, expiresAtMs: Date.now() + 300_000 })

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
