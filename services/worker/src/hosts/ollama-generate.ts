import { z } from 'zod'
import type { ReadLine } from './answer-stream.ts'
import { chunkFields, endEvent, readChunk, saidEvents } from './ollama-chunk.ts'

/** What `/api/generate` answers. */

/** The last line has a number for every token of the conversation so far: a million of them, of seven digits. */
export const generateLineBytesMax = 8 * 1024 * 1024

const chunk = z.object({ ...chunkFields, response: z.string().default(''), thinking: z.string().default('') })

/** No text can look like it: quotes within one are escaped. */
const contextMember = /"context":\s{0,8}(\[[\d,\s-]*\])/

/** Of one answer. `context` is told as the host wrote it, its numbers unread. */
export const generateReader = (): ReadLine => line => {
  const read = readChunk(chunk, line)
  const events = saidEvents(read.thinking, read.response, read.logprobs)
  if (!read.done) return events
  const contextJson = contextMember.exec(line)?.[1]
  return [...events, { ...endEvent(read), ...(contextJson === undefined ? {} : { contextJson }) }]
}
