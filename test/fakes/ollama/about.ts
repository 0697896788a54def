import type { ServerResponse } from 'node:http'
import { type Json, Refusal, readObject } from './decode.ts'
import type { ProbeFault, ProbePath } from './faults.ts'
import type { Handler, Host } from './host.ts'
import { displayName, processEntry, showEntry, tagEntry } from './models.ts'
import { jsonType, sendBody, sendJson } from './send.ts'
import { refuse } from './work.ts'

/** What a host tells about itself and its models. */

const answers: Record<ProbePath, (host: Host) => object> = {
  '/api/version': host => ({ version: host.options.version }),
  '/api/tags': host => ({ models: host.models.map(name => tagEntry(name, host.capabilitiesOf(name))) }),
  '/api/ps': host => ({ models: host.scheduler.loaded().map(processEntry) }),
}

/** Answers a probe, or strikes it with the fault that was scripted for it. */
export const probe =
  (host: Host, path: ProbePath): Handler =>
  ({ response }) => {
    const fault = host.faults.takeForProbe(path)
    if (fault === undefined) sendJson(response, 200, answers[path](host))
    else strike(response, fault)
  }

const strike = (response: ServerResponse, fault: ProbeFault): void => {
  switch (fault.kind) {
    case 'probeGarbage':
      sendBody(response, 200, 'text/html', '<html></html>')
      return
    case 'probeBody':
      sendBody(response, 200, jsonType, fault.body)
      return
    case 'probeFlood': {
      const entry = fault.path === '/api/tags' ? strangerTag : strangerProcess
      sendJson(response, 200, {
        models: Array.from({ length: fault.models }, (_, index) => entry(`stranger:${index}`)),
      })
      return
    }
    case 'probeHang':
  }
}

const strangerTag = (name: string): object => tagEntry(name)

const strangerProcess = (name: string): object =>
  processEntry({ name, contextLength: 4_096, expiresAtMs: Date.now() + 300_000 })

/** POST /api/show */
export const show =
  (host: Host): Handler =>
  call => {
    const found = shown(host, readObject(call.body))
    if (found instanceof Refusal) refuse(call, found)
    else sendJson(call.response, 200, found)
  }

const shown = (host: Host, body: Json | Refusal): object => {
  if (body instanceof Refusal) return body
  const name = [body['model'], body['name']].find(value => typeof value === 'string' && value !== '')
  if (typeof name !== 'string') return new Refusal(400, 'model is required')
  const wrong = host.wrongName(name, 'model details are')
  if (wrong !== undefined) return wrong
  const installed = host.installed(name)
  if (installed === undefined) return new Refusal(404, `model '${displayName(name)}' not found`)
  return showEntry(installed, host.capabilitiesOf(installed))
}
