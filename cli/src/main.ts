import { readFile } from 'node:fs/promises'

import { drainHost } from './admin/drain.ts'
import { chooseStrategy } from './admin/strategy.ts'
import { parseCommand, usage } from './command-line.ts'
import { checkConfig } from './config/check.ts'
import { convertConfigFile } from './config/convert.ts'
import type { Io } from './io.ts'
import { up } from './up.ts'

const EXIT_USAGE = 2

const io: Io = {
  env: process.env,
  cwd: process.cwd(),
  out: text => void process.stdout.write(`${text}\n`),
  err: text => void process.stderr.write(`${text}\n`),
  style: process.stdout.isTTY && !process.env['NO_COLOR'],
}

const run = async (args: readonly string[]): Promise<number> => {
  const command = parseCommand(args)
  switch (command.name) {
    case 'up':
      return up(command.options, io)
    case 'config check':
      return checkConfig(command.file, io)
    case 'config convert':
      return convertConfigFile(command.file, io)
    case 'drain':
    case 'undrain':
      return drainHost(command.name, command.host, command.options, io)
    case 'strategy':
      return chooseStrategy(command.strategy, command.options, io)
    case 'scan':
      // Its scanners take a moment to load, which nobody else should wait for.
      return (await import('./scan/scan.ts')).scan(command.options, process.stdin, io)
    case 'help':
      io.out(usage)
      return 0
    case 'version':
      io.out(await version())
      return 0
    case 'usage':
      io.err(`drover: ${command.message}\nSee \`drover help\`.`)
      return EXIT_USAGE
  }
}

const version = async (): Promise<string> => {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

// Whoever reads our output may have read enough (`| head`): that is no failure.
process.stdout.on('error', () => process.exit(0))

// Explicit, because the launcher's IPC channel would keep the process alive.
process.exit(await run(process.argv.slice(2)))
