import type { Message, ModelRequest } from '@drover/shared/requests'
import { readable } from './readable.ts'

/** `fixed`: a redaction could break it (JSON, names, a template), so any finding blocks. */
export type VisitText = (text: string, fixed: boolean) => string

/**
 * The one walk over all texts of a request: `visit` sees each in a fixed order, the newest message last, and says what
 * stands in its place; what it says of fixed texts is left unheard. Tokens (`contextJson`) come to no guard: the api
 * refuses them.
 * @param systemPrompts whether the operator's own words are visited, too.
 */
export const mapTexts = (request: ModelRequest, systemPrompts: boolean, visit: VisitText): ModelRequest => {
  const fixed = (text: string | undefined): void => void (text && visit(text, true))
  const fixedJson = (json: string | undefined): void => fixed(json && readable(json))
  switch (request.kind) {
    case 'chat': {
      fixedJson(request.toolsJson)
      fixedJson(request.formatJson)
      const messages = request.messages.map(message =>
        message.role === 'system' && !systemPrompts ? message : mapMessage(message, visit),
      )
      return { ...request, messages }
    }
    case 'generate': {
      fixed(request.template)
      fixedJson(request.formatJson)
      const { system, suffix } = request
      return {
        ...request,
        ...(system === undefined ? {} : { system: systemPrompts ? visit(system, false) : system }),
        ...(suffix === undefined ? {} : { suffix: visit(suffix, false) }),
        prompt: visit(request.prompt, false),
      }
    }
    case 'embed':
      return { ...request, inputs: request.inputs.map(input => visit(input, false)) }
    case 'load':
      return request
  }
}

/** Random letters may spell anything; what has a space or more than an id needs is text. */
export const isId = (text: string): boolean => /^[\w.:-]{0,64}$/.test(text)

const mapMessage = (message: Message, visit: VisitText): Message => {
  const { toolCalls = [], toolName, toolCallId = '', thinking } = message
  for (const call of toolCalls) {
    visit(call.name, true)
    visit(readable(call.arguments), true)
  }
  if (toolName !== undefined) visit(toolName, true)
  for (const id of [...toolCalls.map(call => call.id), toolCallId]) if (!isId(id)) visit(id, true)
  return {
    ...message,
    ...(thinking === undefined ? {} : { thinking: visit(thinking, false) }),
    content: visit(message.content, false),
  }
}
