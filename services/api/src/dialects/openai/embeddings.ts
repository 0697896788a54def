import { z } from 'zod'
import { check } from '../check.ts'
import type { Answer, AnswerMeta, Dialect, ParsedRequest } from '../dialect.ts'
import { unstreamed } from '../unstreamed.ts'
import { numbersOf } from '../vector.ts'
import { embeddingList } from './embeddings-schema.ts'
import { openaiError } from './error.ts'
import { extensions, integer, model, optionsOf } from './fields.ts'

/**
 * `POST /v1/embeddings`. Null means absent. Ignored: `user`, `stream`, and fields OpenAI does not know.
 * An input that is longer than the model's context is cut, as hosts do.
 */

const inputsMax = 2_048

const inputText = z.string('must be a string: tokens are not supported').min(1, 'must not be empty')
const inputProblem = `must be a string that is not empty, or a list of 1 to ${inputsMax} of them`

interface EmbeddingsEcho {
  readonly format: 'float' | 'base64'
}

const embeddingsBody = z
  .object(
    {
      model,
      input: z.union([inputText, z.array(inputText).min(1, inputProblem).max(inputsMax, inputProblem)], inputProblem),
      encoding_format: z.enum(['float', 'base64'], 'must be "float" or "base64"').nullish(),
      dimensions: integer(1, 65_536, 'must be an integer from 1 to 65536'),
      keep_alive: extensions.keep_alive,
      options: extensions.options,
      num_ctx: extensions.num_ctx,
    },
    'must be a JSON object',
  )
  .meta({ id: 'EmbeddingRequest' })

const parseEmbeddings = (raw: unknown): ParsedRequest<EmbeddingsEcho> => {
  const body = check(embeddingsBody, raw)
  return {
    model: body.model,
    requests: [
      {
        kind: 'embed',
        inputs: typeof body.input === 'string' ? [body.input] : body.input,
        dimensions: body.dimensions ?? undefined,
        options: optionsOf(body, undefined),
        keepAliveS: body.keep_alive ?? undefined,
      },
    ],
    stream: false,
    echo: { format: body.encoding_format ?? 'float' },
  }
}

const embeddingsAnswer = (meta: AnswerMeta<EmbeddingsEcho>, [answer]: readonly Answer[]): object => {
  if (answer === undefined) throw new RangeError('no answer')
  const encode = meta.echo.format === 'base64' ? (vector: string) => vector : numbersOf
  const { promptTokens } = answer.usage
  return {
    object: 'list',
    data: answer.vectors.map((vector, index) => ({ object: 'embedding', index, embedding: encode(vector) })),
    model: meta.model,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  }
}

export const openaiEmbeddings: Dialect<EmbeddingsEcho> = {
  ...unstreamed,
  operation: {
    tag: 'OpenAI',
    summary: 'Make vectors of texts',
    description: 'What is longer than the context of the model is cut.',
    body: embeddingsBody,
    answer: embeddingList,
    asks: true,
  },
  parse: parseEmbeddings,
  body: embeddingsAnswer,
  errorBody: openaiError,
}
