import type { Config } from '@drover/shared/config/schema'
import { readConfigFile } from '@drover/shared/config/read-file'
import path from 'node:path'

import { banner } from './banner.ts'
import type { Ready } from './child.ts'
import type { UpOptions } from './command-line.ts'
import { chooseConfigSource, type ConfigSource } from './config-source.ts'
import { freePort } from './free-port.ts'
import { lockFolder } from './folder-lock.ts'
import { demoConfig, ollamaConfig, writeGenerated } from './generated-config.ts'
import type { Io } from './io.ts'
import { linePrinter } from './lines.ts'
import { demoChild, serviceChild } from './processes.ts'
import { callable, firstModel, waitUntilReady } from './readiness.ts'
import { chooseRedis } from './redis/ladder.ts'
import type { Rung } from './redis/rung.ts'
import { onStopSignals } from './stop-signals.ts'
import { Supervisor } from './supervisor.ts'

/** Longer than a service's own drain (`server.drainMs`). */
const STOP_TIMEOUT_MS = 30_000
const READY_TIMEOUT_MS = 15_000
const MODEL_TIMEOUT_MS = 3_000
const EXIT_KILLED = 130

interface Plan {
  source: ConfigSource
  config: Config
  redis: Rung
  /** Of the stand-in hosts; none outside a demo. */
  demoPorts: readonly number[]
  /** Of every child. */
  env: NodeJS.ProcessEnv
}

/** Starts everything, and answers the exit code when all has ended. */
export const up = async (options: UpOptions, io: Io): Promise<number> => {
  const plan = await makePlan(options, io)
  return plan === undefined ? 1 : runPlan(plan, io)
}

/** Decides everything before the first process starts. Undefined when something is refused; it has said what. */
const makePlan = async (options: UpOptions, io: Io): Promise<Plan | undefined> => {
  const folder = path.join(io.cwd, '.drover')
  if (!(await lockFolder(folder))) {
    io.err(`drover: another drover is running in ${io.cwd}; stop that one first, or start in another directory`)
    return undefined
  }
  const source = await chooseConfigSource(options, io.env, io.cwd)
  const demoPorts = source.kind === 'demo' ? [await freePort(), await freePort(), await freePort()] : []
  const file = await configFile(source, demoPorts, folder)
  const read = await readConfigFile(file, io.env)
  if (!read.ok) {
    for (const { path, message } of read.problems) io.err(`drover: ${path}: ${message}`)
    return undefined
  }
  const redisUrl = options.redis ?? (io.env['REDIS_URL'] || undefined)
  const redis = await chooseRedis(redisUrl, path.join(folder, 'redis'), io.env)
  if (!redis.ok) {
    io.err(`drover: ${redis.reason}`)
    return undefined
  }
  for (const warning of [...read.warnings, ...redis.rung.warnings]) io.err(`drover: ${warning}`)
  const port = options.port === undefined ? {} : { DROVER_PORT: String(options.port) }
  const env = { ...io.env, DROVER_CONFIG: file, REDIS_URL: redis.rung.url, ...port }
  return { source, config: read.config, redis: redis.rung, demoPorts, env }
}

const configFile = async (source: ConfigSource, demoPorts: readonly number[], folder: string): Promise<string> => {
  switch (source.kind) {
    case 'file':
      return source.file
    case 'ollama':
      return writeGenerated(folder, ollamaConfig(source.url))
    case 'demo':
      return writeGenerated(folder, demoConfig(demoPorts))
  }
}

const runPlan = async (plan: Plan, io: Io): Promise<number> => {
  const supervisor = new Supervisor({ line: linePrinter(io), stopTimeoutMs: STOP_TIMEOUT_MS })
  let exitCode = 0
  onStopSignals(process, {
    stop: signal => {
      io.err(`drover: stopping (${signal}); once more to kill`)
      void supervisor.stop()
    },
    kill: () => {
      exitCode = EXIT_KILLED
      supervisor.kill()
    },
  })
  try {
    const { url, adminUrl } = await startAll(supervisor, plan)
    if (url !== undefined) io.out(await describe(callable(url), adminUrl, plan, io, supervisor.leaving))
  } catch (error) {
    // Whatever was waited for above ends when the supervisor leaves; then it is the ending that tells why.
    if (!supervisor.leaving.aborted) {
      await supervisor.stop()
      throw error
    }
  }
  const ending = await supervisor.ended
  if (ending.why === 'asked') return exitCode
  io.err(`drover: ${ending.reason}`)
  return 1
}

/** In the order of dependence, which reversed is the order of stopping. Only Redis must be there before the others. */
const startAll = async (supervisor: Supervisor, plan: Plan): Promise<Ready> => {
  if (plan.redis.child !== undefined) await supervisor.start(plan.redis.child)
  const demo = plan.demoPorts.length > 0 ? supervisor.start(demoChild(plan.demoPorts, plan.env)) : []
  const backstage = supervisor.start(serviceChild('guard', plan.env), serviceChild('worker', plan.env))
  const front = supervisor.start(serviceChild('api', plan.env))
  const [, , [api = {}]] = await Promise.all([demo, backstage, front])
  return api
}

const describe = async (
  url: string,
  adminUrl: string | undefined,
  plan: Plan,
  io: Io,
  leaving: AbortSignal,
): Promise<string> => {
  const problem = await waitUntilReady(url, READY_TIMEOUT_MS, leaving)
  const [key] = plan.config.server.keys
  return banner(
    {
      url,
      redis: plan.redis.label,
      adminUrl,
      hosts: plan.config.hosts,
      demo: plan.source.kind === 'demo' ? plan.source.because : undefined,
      problem,
      model: await firstModel(url, key, MODEL_TIMEOUT_MS, leaving),
      hasKeys: key !== undefined,
    },
    io.style,
  )
}
