import { describe, expect, test } from 'vitest'

import { parseCommand } from './command-line.ts'

describe('a command line', () => {
  test.each([
    ['', { name: 'up', options: { demo: false } }],
    ['up', { name: 'up', options: { demo: false } }],
    ['--demo', { name: 'up', options: { demo: true } }],
    ['up --port 0 --redis redis://a', { name: 'up', options: { demo: false, port: 0, redis: 'redis://a' } }],
    ['--config=a.yaml up', { name: 'up', options: { demo: false, config: 'a.yaml' } }],
    ['config check a.yaml', { name: 'config check', file: 'a.yaml' }],
    ['config convert a.yaml', { name: 'config convert', file: 'a.yaml' }],
    ['drain h1', { name: 'drain', host: 'h1', options: {} }],
    ['undrain h1 --config a', { name: 'undrain', host: 'h1', options: { config: 'a' } }],
    ['strategy', { name: 'strategy', strategy: undefined, options: {} }],
    ['strategy weighted --admin http://a', { name: 'strategy', strategy: 'weighted', options: { admin: 'http://a' } }],
    ['help', { name: 'help' }],
    ['up -h', { name: 'help' }],
    ['--version', { name: 'version' }],
    ['scan --direction input', { name: 'scan', options: { direction: 'input', scanners: [] } }],
    [
      'scan --direction output --scanner NoCode --scanner Secrets --config a.yaml',
      { name: 'scan', options: { direction: 'output', scanners: ['NoCode', 'Secrets'], config: 'a.yaml' } },
    ],
  ])('"%s" is understood', (line, command) => {
    expect(parseCommand(line.split(' ').filter(Boolean))).toEqual(command)
  })

  test.each([
    ['confg check a', 'unknown command "confg"; did you mean `config`?'],
    ['launch', 'unknown command "launch"; there is up, config, drain, undrain, strategy, scan, help'],
    ['up --por 1', 'unknown option "--por"; did you mean `--port`?'],
    [
      '-x',
      'unknown option "-x"; there is --config, --port, --redis, --demo, --admin, --direction, --scanner, --help, --version',
    ],
    [
      '--constructor',
      'unknown option "--constructor"; there is --config, --port, --redis, --demo, --admin, --direction, --scanner, --help, --version',
    ],
    ['up now', '"drover up" takes no argument "now"'],
    ['up --port', '--port needs a value'],
    ['up --port 70000', '--port must be a number from 0 to 65535, not "70000"'],
    ['up --port -1', '--port must be a number from 0 to 65535, not "-1"'],
    ['up --demo=yes', '--demo takes no value'],
    ['up --demo --config a', '--demo and --config exclude each other'],
    ['config', '"drover config" needs "check FILE" or "convert FILE"'],
    ['config chek a', 'unknown command "config chek"; did you mean `check`?'],
    ['config check', '"drover config check" needs the name of a file'],
    ['config check a b', '"drover config check" takes one file; what is "b"?'],
    ['config check a --demo', '--demo is an option of "drover up"'],
    [
      'config check a --config b',
      '--config is an option of "drover up", "drover drain", "drover undrain", "drover strategy", "drover scan"',
    ],
    ['up --admin http://a', '--admin is an option of "drover drain", "drover undrain", "drover strategy"'],
    ['drian h1', 'unknown command "drian"; did you mean `drain`?'],
    ['drain', '"drover drain" needs the id of a host'],
    ['undrain h1 h2', '"drover undrain" takes one host; what is "h2"?'],
    ['drain h1 --port 1', '--port is an option of "drover up"'],
    ['drain h1 --admn a', 'unknown option "--admn"; did you mean `--admin`?'],
    ['strategy a b', '"drover strategy" takes one name; what is "b"?'],
    ['scan', '"drover scan" needs --direction input or --direction output'],
    ['scan --direction up', '--direction must be input or output, not "up"'],
    [
      'scan --direction input --scanner NoCode',
      'no scanner of input is named "NoCode"; there is PromptInjection, Toxicity, Secrets, BanSubstrings, TokenLimit',
    ],
    ['scan --direction input file', '"drover scan" reads its standard input; what is "file"?'],
    ['scan --direction output --scanner nocode', 'no scanner of output is named "nocode"; did you mean `NoCode`?'],
  ])('"%s" is refused with what would be right', (line, message) => {
    expect(parseCommand(line.split(' '))).toEqual({ name: 'usage', message })
  })
})
