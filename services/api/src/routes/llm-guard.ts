import type { FastifyInstance, FastifyRequest } from 'fastify'
import { callerOf } from '../admission/caller.ts'
import { check } from '../dialects/check.ts'
import {
  analysisOf,
  analyzedOutput,
  analyzedPrompt,
  outputBody,
  promptBody,
  scanned,
  scannerOf,
  type Analysis,
} from '../dialects/llm-guard/analysis.ts'
import { llmGuardError } from '../dialects/llm-guard/error.ts'
import type { Operation } from '../openapi/operation.ts'
import type { Scans } from '../scans.ts'

const tag = 'LLM Guard'
const operations = {
  analyzePrompt: { tag, summary: 'What a prompt would be let through as', body: promptBody, answer: analyzedPrompt },
  analyzeOutput: { tag, summary: 'What an answer would be let through as', body: outputBody, answer: analyzedOutput },
  scanPrompt: { tag, summary: 'What is found in a prompt', body: promptBody, answer: scanned },
  scanOutput: { tag, summary: 'What is found in an answer', body: outputBody, answer: scanned },
} as const satisfies Record<string, Operation>

const dialect = { errorBody: llmGuardError, streamType: 'application/json' }

/** For callers of LLM Guard's API, which they leave by another URL. The scanners are those of the configuration. */
export const registerLlmGuard = (app: FastifyInstance, scans: Pick<Scans, 'ask'>, keysAreChecked: boolean): void => {
  const prompt = async (request: FastifyRequest): Promise<Analysis> => {
    const { prompt, scanners_suppress: suppressed = [], model = '' } = check(promptBody, request.body)
    const caller = callerOf(request, keysAreChecked)
    return analysisOf(
      await scans.ask({ side: 'input', texts: [prompt], model, caller, except: suppressed.map(scannerOf) }),
    )
  }
  const output = async (request: FastifyRequest): Promise<Analysis> => {
    const { output, scanners_suppress: suppressed = [], model = '' } = check(outputBody, request.body)
    const caller = callerOf(request, keysAreChecked)
    return analysisOf(
      await scans.ask({ side: 'output', texts: [output], model, caller, except: suppressed.map(scannerOf) }),
    )
  }

  app.post('/analyze/prompt', { config: { dialect, operation: operations.analyzePrompt } }, async request => {
    const { isValid, sanitized, scanners } = await prompt(request)
    return { sanitized_prompt: sanitized, is_valid: isValid, scanners }
  })
  app.post('/analyze/output', { config: { dialect, operation: operations.analyzeOutput } }, async request => {
    const { isValid, sanitized, scanners } = await output(request)
    return { sanitized_output: sanitized, is_valid: isValid, scanners }
  })
  app.post('/scan/prompt', { config: { dialect, operation: operations.scanPrompt } }, async request => {
    const { isValid, scanners } = await prompt(request)
    return { is_valid: isValid, scanners }
  })
  app.post('/scan/output', { config: { dialect, operation: operations.scanOutput } }, async request => {
    const { isValid, scanners } = await output(request)
    return { is_valid: isValid, scanners }
  })
}
