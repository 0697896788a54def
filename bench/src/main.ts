import { didYouMean } from '@drover/shared/config/suggest'
import { UsageError, type Suite } from './suite.ts'
import { guard } from './suites/guard.ts'
import { overhead } from './suites/overhead.ts'
import { pull } from './suites/pull.ts'
import { schedule } from './suites/schedule.ts'
import { simulate } from './suites/simulate.ts'

const suites: Record<string, Suite> = { guard, overhead, pull, schedule, simulate }

const exitUsage = 2
const exitInterrupted = 130

const usage = (): string => {
  const names = Object.entries(suites).map(([name, suite]) => `  ${name}  ${suite.summary}\n${suite.usage}`)
  return `usage: npm run bench -- SUITE [options]\n\n${names.join('\n\n')}`
}

const runSuite = async ([name, ...args]: readonly string[], signal: AbortSignal): Promise<string> => {
  if (name === undefined) throw new UsageError('name a suite')
  const suite = Object.hasOwn(suites, name) ? suites[name] : undefined
  if (suite === undefined) {
    const names = Object.keys(suites)
    throw new UsageError(
      `no suite ${JSON.stringify(name)}${didYouMean(name, names) || `; there is ${names.join(', ')}`}`,
    )
  }
  return suite.run(args, { env: process.env, signal, progress: line => process.stderr.write(`${line}\n`) })
}

const interrupt = new AbortController()
// Again and again is harmless: everything it started is on its way out, and is killed when that takes too long.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interrupt.abort(new Error(`stopped by ${signal}`)))

try {
  process.stdout.write(`${await runSuite(process.argv.slice(2), interrupt.signal)}\n`)
} catch (error) {
  const isUsage = error instanceof UsageError
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`)
  if (isUsage) process.stderr.write(`\n${usage()}\n`)
  process.exitCode = isUsage ? exitUsage : interrupt.signal.aborted ? exitInterrupted : 1
}
