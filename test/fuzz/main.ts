import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startRedisServer } from '../support/redis-server.ts'
import { startStack } from '../support/stack.ts'
import { fuzz } from './fuzz.ts'

/**
 * `npm run fuzz -- --minutes 5`: the HTTP surface under requests that are wrong or odd. Ends with 1 when an answer was
 * 500 or above, none came, or memory grew.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    concurrency: { type: 'string', default: '8' },
  },
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const heapMb = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

/** Beyond this share of what was used after a fifth of the time, memory is not flat. */
const growthMax = 1.3

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const main = async (): Promise<number> => {
  await using redis = await startRedisServer()
  await using stack = await startStack({
    redisUrl: redis.url,
    hosts: [{ models: ['llama3.2:latest', 'nomic-embed-text:latest'], tokens: 4, tokenMs: 0, firstTokenMs: 0 }],
    config: { slots: 8, server: { bodyBytesMax: 1024 * 1024 } },
  })
  const seed = Number(values.seed)
  say(`seed ${seed}`)
  const heaps: { share: number; mb: number }[] = []
  let next = 0.2
  const report = await fuzz({
    url: stack.url,
    forMs: Number(values.minutes) * 60_000,
    seed,
    concurrency: Number(values.concurrency),
    onProgress(share) {
      if (share < next) return
      heaps.push({ share, mb: heapMb() })
      next = share + 0.1
    },
  })
  heaps.push({ share: 1, mb: heapMb() })
  const [first] = heaps
  const last = heaps.at(-1)
  const growth = first === undefined || last === undefined ? 1 : last.mb / first.mb
  say(`${report.requests} requests, ${report.findingsCount} findings`)
  say(
    [...report.byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${status}: ${count}`)
      .join(', '),
  )
  say(`heap MB: ${heaps.map(({ mb }) => mb.toFixed(1)).join(' ')} (x${growth.toFixed(2)})`)
  for (const finding of report.findings) say(`\n${finding}`)
  return report.findingsCount === 0 && growth <= growthMax ? 0 : 1
}

process.exitCode = await main()
