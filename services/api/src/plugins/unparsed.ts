import { DroverError } from '@drover/shared/errors/drover-error'
import { toProblem } from '@drover/shared/errors/problem'
import type { ConnectionError } from 'fastify'
import type { Socket } from 'node:net'
import { openaiError } from '../dialects/openai/error.ts'
import { newRequestId } from '../request-id.ts'

const statusLines: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
}

/** What Node's parser gives up on never becomes a request: its refusal is written by hand, and the connection closed. */
export const refuseUnparsed = (error: ConnectionError, socket: Socket): void => {
  // A connection that has been written to may have an answer under way, which this would end up in.
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy()
    return
  }
  const reason = new DroverError('invalid_request', { field: '', problem: 'not a well-formed HTTP request' })
  const body = JSON.stringify(openaiError(toProblem(reason, 'en')))
  const head = [
    `HTTP/1.1 ${statusLines[error.code] ?? '400 Bad Request'}`,
    `x-request-id: ${newRequestId()}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
