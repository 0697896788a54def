import { z } from 'zod'

/** What the reference says of OpenAI's CreateEmbeddingResponse. */
export const embeddingList = z
  .object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        object: z.literal('embedding'),
        index: z.int(),
        embedding: z
          .union([z.array(z.number()), z.string()])
          .meta({ description: 'With `encoding_format` "base64": float32, little-endian.' }),
      }),
    ),
    model: z.string().meta({ description: 'As the request named it.' }),
    usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
  })
  .meta({ id: 'EmbeddingList' })
