import { Refusal } from './decode.ts'
import type { Host } from './host.ts'
import { fullName } from './models.ts'
import type { Reply } from './reply.ts'
import type { Prompt } from './request.ts'
import { unknownType } from './structured.ts'

/** What Ollama says of a prompt that its model can't take: before it has the model loaded, and after. */

/** Nothing is scheduled then. One name is the client's, the other its own. @param asked what a model that generates nothing does not support. */
export const lackOf = (host: Host, asked: string, prompt: Prompt, installed: string): string | undefined => {
  const name = JSON.stringify(prompt.model)
  if (prompt.think && !host.can(installed, 'thinking')) return `${name} does not support thinking`
  if (!host.can(installed, 'completion')) return `${name} does not support ${asked}`
  if (prompt.toolNames.length > 0 && !host.can(installed, 'tools'))
    return `${fullName(installed)} does not support tools`
  if (prompt.hasSuffix && !host.can(installed, 'insert')) return `${fullName(installed)} does not support insert`
  return prompt.options.hasTypicalP && host.isFrom(34) ? 'typical_p is no longer supported' : undefined
}

/** The runner's own words: Ollama hands its status on, and its body as the text of the error. */
const byRunner = (code: number, message: string, type: string, more: object = {}): Refusal =>
  new Refusal(code, JSON.stringify({ error: { code, message, type, ...more } }))

const tooLong =
  'the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length'

/** Of a model that is loaded. Images are not in Ollama's list of what a model has to have: only the runner misses the projector. */
export const unfitFor = (
  host: Host,
  prompt: Prompt,
  installed: string,
  { promptTokens }: Reply,
): Refusal | undefined => {
  // A prompt without roles is rendered by Ollama in any case.
  const isNative = prompt.isChat && host.isNative(installed)
  const { contextLength } = prompt.options
  if (/\{\{[^}]*$/.test(prompt.template)) return new Refusal(500, 'template: :1: unclosed action')
  if (prompt.hasImages && !host.can(installed, 'vision')) {
    return isNative
      ? byRunner(
          500,
          'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
          'server_error',
        )
      : byRunner(
          400,
          'Multimodal data provided, but model does not support multimodal requests.',
          'invalid_request_error',
        )
  }
  const type = unknownType(prompt.format)
  if (type !== undefined) return byRunner(400, unconvertible(type, isNative), 'invalid_request_error')
  if (promptTokens <= contextLength) return undefined
  if (isNative || !prompt.truncate) {
    const message = `request (${promptTokens} tokens) exceeds the available context size (${contextLength} tokens), try increasing it`
    return byRunner(400, message, 'exceed_context_size_error', { n_prompt_tokens: promptTokens, n_ctx: contextLength })
  }
  return prompt.shift ? undefined : new Refusal(400, tooLong)
}

const unconvertible = (type: string, isNative: boolean): string => {
  const why = `JSON schema error at #: unrecognized type ${type}`
  return isNative
    ? `Unable to generate parser for this template. Automatic parser generation failed: ${why}`
    : `Field 'json_schema': "json_schema": JSON schema conversion failed:\n${why}`
}
