import { DroverError } from '@drover/shared/errors/drover-error'
import type { FastifyReply } from 'fastify'
import { Readable } from 'node:stream'
import { collectAnswer, type Collected } from '../collect.ts'
import type { Answer, Dialect } from '../dialects/dialect.ts'
import type { Asked } from '../routes/ask.ts'
import type { Answering } from './answering.ts'
import type { AnswerHeaders } from './headers.ts'
import { jsonPieces } from './json-pieces.ts'

/** One JSON body. Throws DroverError when an answer failed. */
export const wholeAnswer = async <Echo>(
  dialect: Dialect<Echo>,
  asked: Asked<Echo>,
  answering: Answering,
  headers: AnswerHeaders,
  reply: FastifyReply,
): Promise<object> => {
  const { meta, memory } = asked
  try {
    // One choice that fails is the end of all of them.
    const answers = await Promise.all(
      answering.streams.map(async events => {
        const collected = await collectAnswer(events)
        await memory?.remember(asked, collected)
        return answerOf(collected)
      }),
    )
    headers.leaving(answers[0]?.start)
    const body = dialect.body(meta, answers)
    if (answers.every(({ vectors }) => vectors.length <= vectorsAtOnceMax)) return body
    return reply.type('application/json; charset=utf-8').send(Readable.from(jsonPieces(body)))
  } finally {
    answering.close()
  }
}

/** Written in some 80 ms, where they are of 4,096 numbers each. */
const vectorsAtOnceMax = 64

const answerOf = (collected: Collected): Answer => {
  if (collected.kind === 'answer') return collected.answer
  throw collected.kind === 'error'
    ? new DroverError(collected.code, collected.params)
    : new DroverError('internal_error')
}
