import { Fifo } from '../fifo.ts'
import { seededRandom } from '../../../../test/support/random.ts'
import type { SimHost } from '../sim-host.ts'
import type { PolicyMaker } from '../simulation.ts'
import type { SimJob } from '../workload.ts'

/** One queue of one model; whoever is chosen of the hosts with a free slot takes its head. */
const central =
  (makeChoice: (hosts: readonly SimHost[]) => (free: readonly SimHost[]) => SimHost): PolicyMaker =>
  ({ hosts }) => {
    const queue = new Fifo<SimJob>()
    const choose = makeChoice(hosts)
    const dispatch = (): void => {
      while (queue.size > 0) {
        const free = hosts.filter(host => host.open < host.spec.slots)
        if (free.length === 0) return
        choose(free).submit(queue.shift()!)
      }
    }
    return {
      arrived: job => {
        queue.push(job)
        dispatch()
      },
      ended: dispatch,
    }
  }

/** The ideal that shows compare with: all is known at once, and the speeds are the true ones. */
export const idealQueue = central(() => free => free.reduce((a, b) => (b.spec.speed > a.spec.speed ? b : a)))

export const anyFreeHost = central(() => {
  const random = seededRandom(1)
  return free => free[Math.floor(random() * free.length)]!
})
