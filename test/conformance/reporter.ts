import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { checksCount, notApplicable } from './checks.ts'

/** Prints the numbered checks, one line each, and fails the run when one has no test and no reason to have none. */

interface Row {
  readonly titles: string[]
  failed: number
  skipped: number
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** "57. identity first, …": the number may be the test's own or that of a block around it. */
const numberOf = (test: TestCase): number | undefined => {
  for (let node: TestCase['parent'] | TestCase = test; node.type !== 'module'; node = node.parent) {
    const [, number] = /^(\d{1,3})\. /.exec(node.name) ?? []
    if (number !== undefined) return Number(number)
  }
  return undefined
}

export default class ConformanceReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = new Map<number, Row>()
    let broken = 0
    for (const module of modules) {
      broken += module.errors().length
      for (const test of module.children.allTests()) {
        const number = numberOf(test)
        if (number === undefined) continue
        const row = rows.get(number) ?? { titles: [], failed: 0, skipped: 0 }
        rows.set(number, row)
        const { state, errors } = test.result()
        row.titles.push(test.name.replace(/^\d+\. /, ''))
        if (state === 'failed') {
          row.failed += 1
          for (const error of errors) say(`${test.fullName}\n  ${error.message}`)
        }
        if (state === 'skipped' || state === 'pending') row.skipped += 1
      }
    }
    const counts = { pass: 0, FAIL: 0, 'n/a': 0 }
    for (let number = 1; number <= checksCount; number += 1) {
      const { verdict, words } = judge(number, rows.get(number))
      counts[verdict] += 1
      say(`${String(number).padStart(3)}  ${verdict.padEnd(4)}  ${words}`)
    }
    say(`\n${counts.pass} pass, ${counts.FAIL} fail, ${counts['n/a']} not applicable`)
    if (broken > 0) say(`${broken} test files could not be run`)
    if (counts.FAIL > 0 || broken > 0) process.exitCode = 1
  }
}

const judge = (number: number, row: Row | undefined): { verdict: 'pass' | 'FAIL' | 'n/a'; words: string } => {
  const reason = notApplicable.get(number)
  if (row === undefined)
    return reason === undefined ? { verdict: 'FAIL', words: 'no test' } : { verdict: 'n/a', words: reason }
  const words = row.titles.join('; ')
  if (row.failed > 0) return { verdict: 'FAIL', words }
  return row.skipped > 0 ? { verdict: 'FAIL', words: `skipped: ${words}` } : { verdict: 'pass', words }
}
