import { fileURLToPath } from 'node:url'

import type { ChildSpec } from './child.ts'
import { demoSlots } from './generated-config.ts'

const root = new URL('../../', import.meta.url)

const nodeChild = (name: string, program: string, args: readonly string[], env: NodeJS.ProcessEnv) => ({
  name,
  command: process.execPath,
  args: [fileURLToPath(new URL(program, root)), ...args],
  env,
  lifeline: 'ipc' as const,
})

/** @param env with DROVER_CONFIG and REDIS_URL. */
export const serviceChild = (name: 'api' | 'guard' | 'worker', env: NodeJS.ProcessEnv): ChildSpec => ({
  ...nodeChild(name, `services/${name}/src/main.ts`, [], env),
  output: 'shown',
  ready: 'message',
})

/** About as slow as a small model on a laptop. */
const demoOptions =
  `--model llama3.2 --model qwen3 --parallel ${demoSlots} --token-ms 20 --load-ms 300 --tokens 120`.split(' ')

/** The demo fleet: stand-ins for Ollama, all in one process. */
export const demoChild = (ports: readonly number[], env: NodeJS.ProcessEnv): ChildSpec => ({
  ...nodeChild('demo', 'test/fakes/ollama/main.ts', [...demoOptions, '--port', ports.join(',')], env),
  output: 'on-failure',
  ready: 'line',
})
