import { z } from 'zod'
import { isInt64, toJson } from './json.ts'

/**
 * Ollama's `options`. A host answers 500 to a wrong type, so the ones it knows are checked here;
 * one it does not know is passed on, for hosts newer than this table.
 */

const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint'
const isString = (value: unknown): boolean => typeof value === 'string'

const kinds = {
  integer: { is: isInt64, problem: 'must be a 64-bit integer' },
  number: { is: isNumber, problem: 'must be a number' },
  strings: {
    is: (value: unknown) => Array.isArray(value) && value.every(isString),
    problem: 'must be a list of strings',
  },
  flat: {
    is: (value: unknown) => isNumber(value) || isString(value) || typeof value === 'boolean' || Array.isArray(value),
    problem: 'must be a string, a number, true, false or a list',
  },
}

const known = new Map<string, keyof typeof kinds>([
  ['num_keep', 'integer'],
  ['num_predict', 'integer'],
  ['seed', 'integer'],
  ['top_k', 'integer'],
  ['repeat_last_n', 'integer'],
  ['temperature', 'number'],
  ['top_p', 'number'],
  ['min_p', 'number'],
  ['typical_p', 'number'],
  ['repeat_penalty', 'number'],
  ['presence_penalty', 'number'],
  ['frequency_penalty', 'number'],
  ['stop', 'strings'],
])

/** A host reloads its model when one of these differs from the last request: one client would stall everybody else. */
const reloading = new Set([
  'num_ctx',
  'num_batch',
  'num_gpu',
  'main_gpu',
  'use_mmap',
  'num_thread',
  'draft_num_predict',
])

/** Null is absent; the result is raw JSON text per option. */
export const ollamaOptions = z
  .record(z.string(), z.unknown(), 'must be an object')
  .transform((options, context): Record<string, string> => {
    const given = Object.entries(options).filter(([name, value]) => value !== null && !reloading.has(name))
    for (const [name, value] of given) {
      const { is, problem } = kinds[known.get(name) ?? 'flat']
      if (!is(value)) context.addIssue({ code: 'custom', path: [name], input: value, message: problem })
    }
    return Object.fromEntries(given.map(([name, value]) => [name, toJson(value)]))
  })
