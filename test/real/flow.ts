import { isDeepStrictEqual } from 'node:util'
import type { Models } from './models.ts'
import type { OllamaServer } from './server.ts'

/** One thing that a client does, done twice: straight to Ollama, and through drover. */
export interface Flow {
  readonly name: string
  /** Why what is seen differs on purpose; absent: it has to be the same. */
  readonly differs?: string
  /** Whether two outcomes are as good as the same; absent: when all of them is, but for the order of members. */
  readonly alike?: (direct: unknown, through: unknown) => boolean
  /** What a client could notice, as JSON. Rejects with what the client throws; undefined: no model here can do it. */
  run(target: Target): Promise<unknown>
}

export interface Target {
  /** Base URL without a path. */
  readonly url: string
  readonly models: Models
  /** The real one, straight: for flows that ask it what became of a request. */
  readonly ollamaUrl: string
  /** Undefined where the run did not start it: then nobody kills it. */
  readonly server: OllamaServer | undefined
  /** Waits until clients can have answers again, after a server was away. */
  settled(): Promise<void>
}

type Verdict = 'same' | 'differs on purpose' | 'DIFFERENT' | 'not run'

export interface Row {
  readonly flow: string
  readonly direct: string
  readonly through: string
  readonly verdict: Verdict
  readonly why: string
}

/** Beyond any flow: one that takes longer hangs. */
const flowMs = 60_000

export const runFlow = async (flow: Flow, direct: Target, through: Target): Promise<Row> => {
  const seen = await outcome(flow, direct)
  if (seen === undefined)
    return { flow: flow.name, direct: '', through: '', verdict: 'not run', why: 'nothing here can do it' }
  const seenThrough = await outcome(flow, through)
  const row = { flow: flow.name, direct: JSON.stringify(seen), through: JSON.stringify(seenThrough) }
  const alike = flow.alike ?? isDeepStrictEqual
  if (alike(seen, seenThrough)) return { ...row, verdict: 'same', why: '' }
  return { ...row, verdict: flow.differs === undefined ? 'DIFFERENT' : 'differs on purpose', why: flow.differs ?? '' }
}

const outcome = async (flow: Flow, target: Target): Promise<unknown> => {
  const late = Promise.withResolvers<string>()
  const timer = setTimeout(() => late.resolve('HANGS'), flowMs)
  try {
    return masked(await Promise.race([flow.run(target), late.promise]))
  } catch (error) {
    return { thrown: thrown(error) }
  } finally {
    clearTimeout(timer)
  }
}

/** The class is what a program tells errors apart by. */
const thrown = (error: unknown): string => {
  const { name, status, status_code: code } = error as { name?: string; status?: number; status_code?: number }
  const type = error instanceof Error ? error.constructor.name : typeof error
  return [type === 'Error' ? name : type, status ?? code, error instanceof Error ? error.message : String(error)]
    .filter(part => part !== undefined)
    .join(' ')
}

/** What two answers to one question never have in common. */
const varying: Readonly<Record<string, string>> = {
  created_at: 'time',
  completed_at: 'time',
  created: 'time',
  expires_at: 'time',
  modified_at: 'time',
  total_duration: 'ns',
  load_duration: 'ns',
  prompt_eval_duration: 'ns',
  eval_duration: 'ns',
  id: 'id',
  call_id: 'id',
  item_id: 'id',
  toolCallId: 'id',
}

/** Depends on what the host answered before. */
const dropped: ReadonlySet<string> = new Set(['prompt_eval_cached_count', 'prompt_tokens_details', 'cached_tokens'])

const masked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => !dropped.has(name) && inner !== undefined)
      .map(([name, inner]) => [name, varying[name] !== undefined && Boolean(inner) ? varying[name] : masked(inner)]),
  )
}
