import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { showReport } from '../schedule/report.ts'
import { isMet, type Show } from '../schedule/show.ts'
import { conversations } from '../schedule/shows/conversations.ts'
import { cost } from '../schedule/shows/cost.ts'
import { fairness } from '../schedule/shows/fairness.ts'
import { kills } from '../schedule/shows/kills.ts'
import { overload } from '../schedule/shows/overload.ts'
import { swaps } from '../schedule/shows/swaps.ts'
import { uneven } from '../schedule/shows/uneven.ts'
import { UsageError, type Suite } from '../suite.ts'

/** What the fleet scheduler promises, on real processes and against how others choose a host. */

const shows: Readonly<Record<string, Show>> = {
  '1': uneven,
  '2': overload,
  '3': swaps,
  '4': conversations,
  '5': fairness,
  '6': kills,
  '7': cost,
}

const secondsDefault = 60
const loadsDefault = [70, 85, 95]
const seedDefault = 1

export const schedule: Suite = {
  summary: 'the fleet scheduler on uneven, overloaded, swapping and dying hosts, against other ways to choose',
  usage: `    --shows LIST  ${Object.entries(shows)
    .map(([number, { title }]) => `${number} ${title}`)
    .join('; ')} (all)
    --seconds N   of each measured run (${secondsDefault})
    --loads LIST  percent of what the hosts can do, for show 1 (${loadsDefault.join(',')})
    --seed N      arrivals and lengths (${seedDefault})
    --json        all figures`,
  run: async (args, { env, signal, progress }) => {
    const { json, numbers, ...options } = readArguments(args)
    const machine = { cpus: availableParallelism(), node: process.version, load1: loadavg()[0]! }
    const results: Record<string, object> = {}
    const reports: string[] = []
    for (const number of numbers) {
      const show = shows[number]!
      progress(`show ${number}: ${show.title}`)
      const result = await show.run({ env, signal, progress, ...options })
      results[number] = { title: show.title, ...result, met: result.checks.every(isMet) }
      reports.push(showReport(number, show, result))
      // A run of all takes long: what is known is shown at once.
      if (!json) progress(`\n${reports.at(-1)}\n`)
    }
    const about = `Node ${machine.node.slice(1)} on ${machine.cpus} cores that also run the hosts and the load; load before: ${machine.load1.toFixed(1)}; seed ${options.seed}.`
    return json
      ? JSON.stringify({ options: { ...options, shows: numbers }, machine, shows: results }, undefined, 2)
      : [about, ...reports].join('\n\n\n')
  },
}

const flags = {
  shows: { type: 'string' },
  seconds: { type: 'string' },
  loads: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean' },
} as const

const readArguments = (args: readonly string[]) => {
  const values = parse(args)
  const numbers = values.shows?.split(',') ?? Object.keys(shows)
  const unknown = numbers.find(number => !Object.hasOwn(shows, number))
  if (unknown !== undefined)
    throw new UsageError(`--shows must be a list of ${Object.keys(shows).join(', ')}, not ${JSON.stringify(unknown)}`)
  return {
    json: values.json === true,
    numbers,
    seconds: whole('seconds', values.seconds, 5, 600) ?? secondsDefault,
    loads: values.loads?.split(',').map(load => whole('loads', load, 1, 300)!) ?? loadsDefault,
    seed: whole('seed', values.seed, 0, 10_000) ?? seedDefault,
  }
}

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: flags }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

const whole = (name: string, value: string | undefined, min: number, max: number): number | undefined => {
  if (value === undefined) return undefined
  const number = /^\d{1,9}$/.test(value) ? Number(value) : -1
  if (number < min || number > max)
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(value)}`)
  return number
}
