import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../../cli/src/free-port.ts'

/** An Ollama of the run's own, for doing harm to it. Its settings (OLLAMA_MODELS, …) are those of the run's environment. */
export interface OllamaServer extends AsyncDisposable {
  readonly url: string
  /** Ids of the processes that run its models. */
  runners(): Promise<readonly number[]>
  /** SIGKILL to them. */
  killRunners(): Promise<void>
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>
  /** On the same port; nothing happens to one that runs. */
  start(): Promise<void>
}

const startMs = 30_000

export const serve = async (program: string, slots: number): Promise<OllamaServer> => {
  const address = `127.0.0.1:${await freePort()}`
  const url = `http://${address}`
  const env = { ...process.env, OLLAMA_HOST: address, OLLAMA_NUM_PARALLEL: String(slots), OLLAMA_NO_CLOUD: '1' }
  let child: ChildProcess | undefined
  const stop = async (): Promise<void> => {
    const running = child
    child = undefined
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const exited = once(running, 'exit')
    running.kill('SIGTERM')
    await exited
  }
  const start = async (): Promise<void> => {
    if (child !== undefined) return
    child = spawn(program, ['serve'], { env, stdio: 'ignore' })
    await answers(url, child)
  }
  await start()
  return {
    url,
    stop,
    start,
    runners: () => childrenOf(child?.pid),
    async killRunners() {
      for (const pid of await childrenOf(child?.pid)) process.kill(pid, 'SIGKILL')
    },
    [Symbol.asyncDispose]: stop,
  }
}

const answers = async (url: string, child: ChildProcess): Promise<void> => {
  for (const deadline = performance.now() + startMs; performance.now() < deadline; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`Ollama ended with ${child.exitCode}`)
    const response = await fetch(`${url}/api/version`).catch(() => undefined)
    if (response?.ok) return
  }
  throw new Error(`Ollama did not answer within ${startMs / 1_000} s`)
}

const childrenOf = async (parent: number | undefined): Promise<number[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid='])
  return stdout
    .split('\n')
    .map(line => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid] : []))
}
