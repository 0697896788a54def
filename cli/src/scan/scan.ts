import { createGuard, type Guard } from '@drover/guard/engine'
import { unheard } from '@drover/guard/reading'
import { guardSchema, type GuardConfig } from '@drover/shared/config/guard-schema'
import { hideCredentials } from '@drover/shared/config/problem'
import { loadConfig } from '@drover/shared/config/load'
import { readConfigText } from '@drover/shared/config/read-file'
import { GuardRulebook, scannersWithoutSettings, type GuardRules, type Side } from '@drover/shared/guard-rules'
import { detectLanguage } from '@drover/shared/language'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { exitCodes } from '../config/exit-codes.ts'
import type { ScanOptions } from '../command-line.ts'
import type { Io } from '../io.ts'

/**
 * `drover scan`: a verdict per line of standard input, in order. Exit code: 0; 1 where a line was no `{"text": …}`, which
 * has `{"error": …}` in its place; 1 and 2 as for `config check` where the configuration is refused or not to be read.
 */
export const scan = async (
  { direction, scanners, config: file }: ScanOptions,
  input: Readable,
  io: Pick<Io, 'env' | 'cwd' | 'out' | 'err'>,
): Promise<number> => {
  const read = await readGuardConfig(file, io)
  if (!read.ok) return read.exitCode
  const guard = makeGuard(direction, rulesOf(read, direction, scanners), read.guard.budgetMs, io)
  if (guard === undefined) return exitCodes.refused

  let exitCode: number = exitCodes.ok
  let number = 0
  for await (const line of linesOf(input)) {
    number += 1
    if (line.trim() === '') continue
    const text = textOf(line)
    const said =
      text === undefined
        ? { error: `line ${number} must be a JSON object with a string \`text\`` }
        : await answer(guard, text).catch(() => ({
            error: `line ${number} could not be scanned within guard.budgetMs`,
          }))
    if ('error' in said) exitCode = exitCodes.refused
    io.out(JSON.stringify(said))
  }
  return exitCode
}

/** Ends at line feeds alone: JSON may hold all other characters that end lines. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

const answer = async (guard: Guard, text: string): Promise<object> => {
  const { findings, ...verdict } = await guard.read(unheard).scanThoroughly(text)
  return {
    ...verdict,
    lang: detectLanguage(text),
    findings: findings.map(({ scanner, score, start, end, rule }) => ({ scanner, score, start, end, rule })),
  }
}

const textOf = (line: string): string | undefined => {
  try {
    // A file may begin with a byte order mark.
    const { text } = JSON.parse(line.replace(/^\uFEFF/, '')) as { text?: unknown }
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

type GuardSource =
  | { ok: true; guard: GuardConfig; rules: GuardRules; isGiven: boolean }
  | { ok: false; exitCode: number }

const readGuardConfig = async (
  named: string | undefined,
  io: Pick<Io, 'env' | 'cwd' | 'err'>,
): Promise<GuardSource> => {
  const usual = path.join(io.cwd, 'drover.yaml')
  const file = named ?? (io.env['DROVER_CONFIG'] || (existsSync(usual) ? usual : undefined))
  if (file === undefined) {
    const guard = guardSchema.parse({})
    return { ok: true, guard, rules: everybody({ guard, models: [] }), isGiven: false }
  }
  const read = await readConfigText(path.resolve(io.cwd, file))
  const loaded = read.ok ? loadConfig(read.text, { fileName: file, env: io.env }) : read
  if (!loaded.ok) {
    for (const { path: at, message } of loaded.problems) io.err(hideCredentials(`${at}: ${message}`))
    return { ok: false, exitCode: read.ok ? exitCodes.refused : exitCodes.unreadable }
  }
  return { ok: true, guard: loaded.config.guard, rules: everybody(loaded.config), isGiven: true }
}

/** What applies to models and keys without rules of their own. */
const everybody = (config: ConstructorParameters<typeof GuardRulebook>[0]): GuardRules =>
  new GuardRulebook(config).rulesFor('', '')

const rulesOf = (
  { rules, isGiven }: Extract<GuardSource, { ok: true }>,
  side: Side,
  scanners: readonly string[],
): GuardRules => {
  if (scanners.length === 0 && isGiven) return rules
  const names = scanners.length > 0 ? scanners : scannersWithoutSettings(side)
  return { ...rules, [side]: { ...rules[side], scanners: names } }
}

const makeGuard = (side: Side, rules: GuardRules, budgetMs: number, io: Pick<Io, 'err'>): Guard | undefined => {
  try {
    return createGuard(side, rules, budgetMs)
  } catch (error) {
    io.err(`drover: ${error instanceof Error ? error.message : 'the scanners cannot be made'}`)
    return undefined
  }
}
