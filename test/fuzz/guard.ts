import * as fc from 'fast-check'
import { parseArgs } from 'node:util'
import { bannedStringProperties } from '../../services/guard/src/fixtures/banned-strings.ts'

/** `npm run fuzz:guard -- --runs 1000000`: banned strings over random texts, cut at random. Ends with 1 at a leak. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
})

const seed = Number(values.seed)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

say(`seed ${seed}`)
for (const { name, property, share } of bannedStringProperties) {
  const numRuns = Math.ceil(Number(values.runs) * share)
  const result = fc.check(property, { numRuns, seed })
  say(`${result.failed ? 'FAIL' : 'ok  '} ${result.numRuns} runs: ${name}`)
  if (result.failed) {
    say(fc.defaultReportMessage(result) ?? '')
    process.exitCode = 1
  }
}
