import type { StreamEvent } from '@drover/shared/events'
import type { ChatJob } from '@drover/shared/queues'
import type { Conversations } from './conversations.ts'
import type { HostWatch } from './host-watch.ts'
import type { Host } from './hosts/host.ts'
import { measured } from './measure.ts'
import type { Pins } from './pins.ts'
import type { Speeds } from './speeds.ts'

export interface GenerationDeps {
  readonly server: Pick<Host, 'run'>
  readonly watch: HostWatch
  readonly pins: Pins
  readonly conversations: Conversations
  readonly speeds: Speeds
  /** Of a model, by public name. */
  readonly freeSlots: (model: string) => number
  /** What is in the host's memory is another. Resolves when the fleet knows; never rejects. */
  readonly onLoaded: () => Promise<void>
}

/** Asks a host for what a job wants, and learns from it. @param model by public name. As `Host.run`. */
export const generate = (
  { server, watch, pins, conversations, speeds, freeSlots, onLoaded }: GenerationDeps,
  model: string,
  ownName: string,
  job: ChatJob,
  signal: AbortSignal,
): AsyncIterable<StreamEvent[]> => {
  const asked = pins.asSent(model, job.request)
  const cold = watch.begin(ownName)
  conversations.begin(ownName, job, freeSlots(model))
  const events = measured(server.run(ownName, asked, watch.optionsOf(model), signal), asked, {
    cold,
    // Another model may have made room for it.
    begun: () => void (cold && asked.kind !== 'load' && onLoaded()),
    ended: sample => {
      conversations.end(ownName, job, freeSlots(model) + 1)
      speeds.ended(model, sample)
    },
    loaded: loadMs => speeds.loaded(model, loadMs),
  })
  return asked.kind === 'load' ? whenKnown(events, onLoaded) : events
}

/** Who had a model loaded may ask at once what is in memory. */
async function* whenKnown(
  events: AsyncIterable<StreamEvent[]>,
  onLoaded: () => Promise<void>,
): AsyncGenerator<StreamEvent[]> {
  for await (const batch of events) {
    await onLoaded()
    yield batch
  }
}
