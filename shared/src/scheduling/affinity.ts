import { createHash } from 'node:crypto'
import { messageChars, type Message } from '../requests.ts'

/**
 * CONVERSATIONS FIND THEIR HOST AGAIN. A host keeps the KV cache of what it answered last, so that the next turn of the
 * same conversation costs it only what is new. Workers remember under the digest of all messages they were sent
 * (`job.conversation`) which host answered; the api looks its request's prefixes up and binds the job when that pays.
 */

/** A conversation up to the end of one of its messages. */
export interface Prefix {
  /** 16 hex digits. */
  readonly digest: string
  /** Length of the text in it, images by a rule of thumb: what a cold host would have to read. */
  readonly chars: number
}

/** A turn adds an answer and a question, with tools some more: older ends than these were not the last turn's. */
const prefixesMax = 8

/**
 * The digests at the ends of the last messages, longest first: `[0]` is the whole conversation (`job.conversation`), all
 * of them are looked up. None without messages. Linear in the text; nothing is copied.
 * @param model public name: another model has another cache.
 */
export const prefixDigests = (messages: readonly Message[], model: string): Prefix[] => {
  const hash = createHash('sha256').update(`${model.length}:${model}`)
  const prefixes: Prefix[] = []
  let chars = 0
  for (const [index, message] of messages.entries()) {
    // With its length before it, so that no two conversations are the same text.
    for (const part of parts(message)) hash.update(`${part.length}:`).update(part)
    chars += messageChars(message)
    if (index < messages.length - prefixesMax) continue
    prefixes.unshift({ digest: hash.copy().digest('hex').slice(0, 16), chars })
  }
  return prefixes
}

/** Not the thinking and not the ids: clients leave them out or make them anew from turn to turn. */
const parts = ({ role, content, images = [], toolCalls = [] }: Message): string[] => [
  `${role} ${images.length} ${toolCalls.length}`,
  content,
  ...images,
  ...toolCalls.flatMap(call => [call.name, call.arguments]),
]

/** What the warm host saves: the time to read the prefix it has. 0 while its speed is unknown: nothing is bound on a guess. */
export const warmGainMs = (prefixChars: number, promptCharMs: number | undefined): number =>
  prefixChars * (promptCharMs ?? 0)

export interface WarmHost {
  /** Slots of the host for the model that it may use: the smaller of the host's and the model's. */
  readonly slots: number
  readonly used: number
  /** Jobs bound to it that wait. */
  readonly bound: number
  /** Expected time of a job in a slot there, ms. */
  readonly serviceMs: number
}

/** Until the host reaches a job that is bound to it now, ms, after all those bound before. Slots end memoryless. */
export const expectedWaitThereMs = ({ slots, used, bound, serviceMs }: WarmHost): number => {
  const ends = bound + 1 - Math.max(0, slots - used)
  return ends <= 0 ? 0 : (ends * serviceMs) / Math.max(1, slots)
}

export interface WarmChoice {
  /** `warmGainMs` of the longest prefix that is known. */
  readonly gainMs: number
  /** `expectedWaitThereMs`. */
  readonly expectedWaitThereMs: number
  /** Until any host of the group would reach the job; 0 when one is free. */
  readonly expectedWaitElsewhereMs: number
  /** How much longer the job would run there than elsewhere if both were cold, ms; negative on a faster host. Default 0. */
  readonly slowerByMs?: number
  /** Jobs bound to the host that wait, and its slots. */
  readonly boundThere: number
  readonly slotsThere: number
}

export type Warm =
  /** `patienceMs`: waits no longer than this for the host (`boundUntil`), then for any. */
  { readonly kind: 'bind'; readonly patienceMs: number } | { readonly kind: 'group' }

/**
 * Bound when what the warm host saves is more than what it costs to wait for it. No more jobs wait bound than the host
 * has slots, or a host known by many conversations would gather a backlog while others rest.
 */
export const bindWarm = (choice: WarmChoice): Warm => {
  const costMs = choice.expectedWaitThereMs - choice.expectedWaitElsewhereMs + (choice.slowerByMs ?? 0)
  const crowded = choice.expectedWaitThereMs > 0 && choice.boundThere >= choice.slotsThere
  if (choice.gainMs <= 0 || costMs >= choice.gainMs || crowded) return { kind: 'group' }
  return { kind: 'bind', patienceMs: Math.ceil(choice.gainMs) }
}
