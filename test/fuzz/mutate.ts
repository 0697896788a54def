import type { Random } from '../support/random.ts'
import type { Seed } from './seeds.ts'

/** Makes a request wrong, or only odd, in one or a few places. Every choice is taken from `random`, so that a run can be repeated. */

export interface Mutated {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
  /** Sent in two pieces, the second a little later. */
  readonly slow: boolean
}

/** From 0 up to, not including, `below`. */
const whole = (random: Random, below: number): number => Math.floor(random() * below)
const pick = <T>(random: Random, items: readonly T[]): T => items[whole(random, items.length)] as T
const chance = (random: Random, oneIn: number): boolean => whole(random, oneIn) === 0

/** JSON text, because most of these cannot be written as a value. */
const oddities: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '1e308',
  '1e999',
  '-0',
  '12345678901234567890123',
  '9223372036854775808',
  '""',
  '" "',
  '"\\ud800"',
  '"\\u0000"',
  '"\\u202e\\u2028"',
  `"${'a'.repeat(10_000)}"`,
  `"${'é'.repeat(3_000)}"`,
  '"data:image/png;base64,!!"',
  '"http://127.0.0.1:1/x.png"',
  '[]',
  '[null]',
  '[[[[]]]]',
  '{}',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
  '{"toString":1,"length":-1,"then":1}',
  `${'['.repeat(60)}${']'.repeat(60)}`,
  `[${'0,'.repeat(3_000)}0]`,
]

/** JSON text that stands for itself. */
class Odd {
  readonly json: string
  constructor(json: string) {
    this.json = json
  }
}

const print = (value: unknown): string => {
  if (value instanceof Odd) return value.json
  if (Array.isArray(value)) return `[${value.map(print).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${print(item)}`)
    .join(',')}}`
}

/** Changes one place of a value: the deeper, the likelier, because that is where most places are. */
const mutateValue = (value: unknown, random: Random): unknown => {
  if (typeof value !== 'object' || value === null || value instanceof Odd || chance(random, 6)) {
    return new Odd(pick(random, oddities))
  }
  if (Array.isArray(value)) {
    const items = [...(value as unknown[])]
    if (items.length === 0 || chance(random, 6)) return [...items, new Odd(pick(random, oddities))]
    const at = whole(random, items.length)
    if (chance(random, 6)) return Array.from({ length: 40 }, () => items[at])
    return items.map((item, index) => (index === at ? mutateValue(item, random) : item))
  }
  const entries = Object.entries(value)
  if (entries.length === 0 || chance(random, 10)) {
    return Object.fromEntries([
      ...entries,
      [pick(random, ['x', 'type', '__proto_', 'role']), new Odd(pick(random, oddities))],
    ])
  }
  const at = whole(random, entries.length)
  if (chance(random, 5)) return Object.fromEntries(entries.filter((_, index) => index !== at))
  return Object.fromEntries(entries.map(([key, item], index) => [key, index === at ? mutateValue(item, random) : item]))
}

/** Beyond JSON: bytes that are none. */
const breakBytes = (bytes: Buffer, random: Random): Buffer => {
  switch (whole(random, 6)) {
    case 0:
      return bytes.subarray(0, whole(random, bytes.length + 1))
    case 1:
      return Buffer.concat([bytes, Buffer.from(pick(random, ['}', '\0', ' garbage', '\ufeff']))])
    case 2: {
      const broken = Buffer.from(bytes)
      if (broken.length > 0) broken[whole(random, broken.length)] = 0x80 + whole(random, 0x80)
      return broken
    }
    case 3:
      return Buffer.from('['.repeat(100_000))
    case 4:
      return Buffer.from('{"a":'.repeat(100_000))
    default:
      return Buffer.alloc(whole(random, 300_000), pick(random, ['0', '"', '[', ' ', '\xff']))
  }
}

const contentTypes = [
  'application/json',
  'application/json',
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  '*/*',
  ';;;',
]

const oddHeaders: readonly Readonly<Record<string, string>>[] = [
  { 'x-drover-class': 'batch' },
  { 'x-drover-class': 'urgent' },
  { 'x-drover-deadline-ms': '30000' },
  { 'x-drover-deadline-ms': '-1' },
  { 'x-drover-deadline-ms': '1e9' },
  { authorization: 'Bearer' },
  { authorization: `Bearer ${'k'.repeat(2_000)}` },
  { 'x-api-key': 'x' },
  { accept: 'text/event-stream' },
  { 'content-encoding': 'gzip' },
  { expect: '100-continue' },
  { 'anthropic-version': 'x' },
  { 'x-litellm-call-id': 'a b' },
]

const mutatePath = (path: string, random: Random): string =>
  pick(random, [
    `${path}/`,
    `${path}?a=%00`,
    `${path}%`,
    path.toUpperCase(),
    `/${path}`,
    `${path}/../x`,
    `${path}${'/a'.repeat(300)}`,
    '/%ff',
  ])

export const mutate = (seed: Seed, random: Random): Mutated => {
  let value = seed.body
  if (value !== undefined) for (let times = whole(random, 4); times > 0; times -= 1) value = mutateValue(value, random)
  let body: Buffer | undefined = value === undefined ? undefined : Buffer.from(print(value))
  if (body !== undefined && chance(random, 12)) body = breakBytes(body, random)
  return {
    method: chance(random, 40)
      ? pick(random, ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])
      : seed.method,
    path: chance(random, 40) ? mutatePath(seed.path, random) : seed.path,
    headers: {
      ...(body === undefined ? {} : { 'content-type': pick(random, contentTypes) }),
      ...(chance(random, 10) ? pick(random, oddHeaders) : {}),
    },
    body,
    slow: chance(random, 60),
  }
}
