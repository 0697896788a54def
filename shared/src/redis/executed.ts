import type { Redis } from 'ioredis'

/** A pipeline resolves with the errors of its commands; here the first of them rejects. */
export const executed = async (pipeline: ReturnType<Redis['pipeline']>): Promise<void> => {
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error
}
