import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { RequestFault, StreamFault } from '../ollama/faults.ts'
import { parts, type Pace } from '../ollama/pace.ts'
import { streamFaultOf } from '../ollama/send.ts'
import type { Answer } from './answer.ts'

/** Writes one answer as server-sent events, with the fault that was scripted for it. */
export interface Delivery {
  readonly response: ServerResponse
  readonly signal: AbortSignal
  readonly answer: Answer
  /** Fields of every chunk. */
  readonly head: object
  readonly includeUsage: boolean
  readonly lingers: boolean
  readonly pace: Pace
  readonly fault: RequestFault | undefined
  readonly progress: (pieces: number) => void
}

/** `fault`: the answer ended before its end. */
export const sendEvents = async (delivery: Delivery): Promise<'done' | 'fault'> => {
  const { response, signal, answer, head, fault } = delivery
  const write = writer(delivery)
  const chunk = (more: object): string => `data: ${JSON.stringify({ ...head, ...more })}\n\n`
  const choice = (piece: object, finish: string | null = null): string =>
    chunk({ choices: [{ index: 0, ...piece, finish_reason: finish }] })
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8')
  await write(': still here\n\n')
  for await (const part of parts(answer.length, delivery.pace, streamFaultOf(fault), signal)) {
    if (part.type === 'tokens') {
      for (let index = part.from; index < part.to; index++) await write(choice(answer.piece(index)))
      delivery.progress(part.to)
    } else if (await strike(delivery, part.fault, choice(answer.piece(part.at)), write)) return 'fault'
  }
  const isChat = 'delta' in answer.piece(0)
  await write(choice(isChat ? { delta: {} } : { text: '' }, answer.finish))
  if (delivery.includeUsage) await write(chunk({ choices: [], usage: usageOf(answer) }))
  await write('data: [DONE]\n\n')
  if (!delivery.lingers) response.end()
  return 'done'
}

const usageOf = ({ promptTokens, length }: Answer): object => ({
  prompt_tokens: promptTokens,
  completion_tokens: length,
  total_tokens: promptTokens + length,
})

/** True when the fault ends the answer. */
const strike = async (
  { response, signal }: Delivery,
  fault: StreamFault,
  next: string,
  write: (text: string) => Promise<void>,
): Promise<boolean> => {
  switch (fault.kind) {
    case 'garbage':
      await write('data: <html>\n\n')
      return false
    case 'bigLine':
      await write(`data: "${'x'.repeat(fault.bytes)}"\n\n`)
      return false
    case 'errorLine':
      await write(
        `data: ${JSON.stringify({ error: { message: fault.message, type: 'InternalServerError', code: 500 } })}\n\n`,
      )
      response.end('data: [DONE]\n\n')
      return true
    case 'halfLine':
      response.end(next.slice(0, next.length / 2))
      return true
    case 'eof':
      response.end()
      return true
    case 'reset':
      await new Promise(flushed => response.socket?.write('', flushed))
      response.socket?.resetAndDestroy()
      return true
    case 'stall':
      if (!signal.aborted) await once(signal, 'abort')
      throw signal.reason
  }
}

const writer =
  ({ response, signal, fault }: Delivery) =>
  async (text: string): Promise<void> => {
    const pieces = fault?.kind === 'splitBytes' ? [...Buffer.from(text)].map(byte => Buffer.of(byte)) : [text]
    for (const piece of pieces) {
      signal.throwIfAborted()
      // Waiting for the flush makes a byte a packet of its own.
      if (pieces.length > 1) await new Promise(flushed => response.write(piece, flushed))
      else if (!response.write(piece)) await once(response, 'drain', { signal })
    }
  }
