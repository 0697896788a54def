import { createGuard, type Guard } from '@drover/guard/engine'
import { unheard } from '@drover/guard/reading'
import { guardSchema } from '@drover/shared/config/guard-schema'
import { GuardRulebook, scannersWithoutSettings, type Side } from '@drover/shared/guard-rules'
import { languages, ordinaryText, slowTexts } from '../guard/texts.ts'
import { readOptions, type Count } from '../options.ts'
import { median, percentile } from '../statistics.ts'
import type { Suite } from '../suite.ts'
import { renderTable, type Row } from '../table.ts'

/** What scanning costs, in this process: no queue, no Redis. The baseline is what every scanner would do at least. */

const counts = {
  texts: { default: 2_000, min: 100, max: 100_000 },
  rounds: { default: 3, min: 1, max: 100 },
} satisfies Record<string, Count>

const promptChars = 500
const answerChars = 4_000
const chunkChars = 4

/** Lower case of one form, the same text twice as long again: what any comparison of words begins with. */
const baseline = (text: string): number => text.normalize('NFKC').toLowerCase().length

const guardWith = (side: Side, scanners: readonly string[]): Guard => {
  const guard = guardSchema.parse({ [side]: { scanners } })
  return createGuard(side, new GuardRulebook({ guard, models: [] }).rulesFor('', ''), 600_000)
}

const timeMs = (run: () => unknown): number => {
  const begun = performance.now()
  run()
  return performance.now() - begun
}

/** Of each text µs, half of the texts thrown away: code gets compiled. */
const timesUs = (texts: readonly string[], scan: (text: string) => unknown): number[] =>
  texts.map(text => timeMs(() => scan(text)) * 1_000).slice(texts.length / 2)

const us = (value: number): string => value.toFixed(value < 10 ? 1 : 0)

const promptRows = (texts: number): Row[] =>
  languages.map(language => {
    const all = Array.from({ length: texts }, (_, seed) => ordinaryText(language, promptChars, seed + 1))
    const cell = (scanners: readonly string[]): string => {
      const guard = guardWith('input', scanners)
      return us(
        percentile(
          timesUs(all, text => guard.read(unheard).scan(text)),
          0.5,
        ),
      )
    }
    const scanners = scannersWithoutSettings('input')
    const base = us(percentile(timesUs(all, baseline), 0.5))
    return { label: language, cells: [base, cell(scanners), ...scanners.map(name => cell([name]))] }
  })

const chunkRows = (texts: number): Row[] => {
  const scanners = scannersWithoutSettings('output')
  return [scanners, ...scanners.map(name => [name])].map(names => {
    const guard = guardWith('output', names)
    let chunks = 0
    let held = 0
    const stream = (text: string): void => {
      const filter = guard.read(unheard).stream()
      let open = 0
      for (let at = 0; at < text.length; at += chunkChars) {
        open += chunkChars - filter.push(text.slice(at, at + chunkChars)).release.length
        held += open
        chunks += 1
      }
      filter.end()
    }
    const answers = Array.from({ length: Math.ceil(texts / 20) }, (_, seed) =>
      ordinaryText('en', answerChars, seed + 1),
    )
    const perText = timesUs(answers, stream)
    const perChunk = median(perText) / (answerChars / chunkChars)
    return { label: names.length === 1 ? (names[0] ?? '') : 'all', cells: [us(perChunk), (held / chunks).toFixed(1)] }
  })
}

const slowRows = (rounds: number, step: (name: string) => void): Row[] => {
  const guards = (['input', 'output'] as const).flatMap(side =>
    scannersWithoutSettings(side)
      .filter(name => side === 'input' || !['Toxicity', 'Secrets'].includes(name))
      .map(name => ({ name, guard: guardWith(side, [name]) })),
  )
  return Object.entries(slowTexts).map(([label, text]) => {
    step(label)
    const cells = guards.map(({ guard }) =>
      median(Array.from({ length: rounds }, () => timeMs(() => guard.read(unheard).scan(text)))).toFixed(0),
    )
    return { label, cells }
  })
}

export const guard: Suite = {
  summary: 'what scanning costs: prompts, chunks of a stream, and texts made to be slow',
  usage: `    --texts N   prompts per language, of ${promptChars} characters (${counts.texts.default})
    --rounds N  of each slow text, of which the median is shown (${counts.rounds.default})`,
  run: async (args, { signal, progress }) => {
    const { counts: options } = readOptions(args, counts)
    const step = (name: string): void => {
      signal.throwIfAborted()
      progress(name)
    }
    step('prompts')
    const prompts = renderTable(['baseline', 'all', ...scannersWithoutSettings('input')], promptRows(options.texts))
    step('chunks')
    const chunks = renderTable(['µs a chunk', 'characters held'], chunkRows(options.texts))
    const names = [...scannersWithoutSettings('input'), 'NoCode', 'MaliciousURLs', 'NoRefusal']
    const slow = renderTable(names, slowRows(options.rounds, step))
    return [
      `a prompt of ${promptChars} characters, µs, p50; the baseline is lower case and NFKC of the same text\n\n${prompts}`,
      `an answer in chunks of ${chunkChars} characters, mean\n\n${chunks}`,
      `a megabyte, ms\n\n${slow}`,
    ].join('\n\n')
  },
}
