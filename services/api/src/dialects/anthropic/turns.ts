import type { Message } from '@drover/shared/requests'
import { toJson } from '../json.ts'
import type { AnthropicMessage, AssistantContent, Readable, TextContent, ToolResult, UserContent } from './blocks.ts'

/** Anthropic's `system` and `messages`, and what they are for Ollama. */

/** A tool's result names its call; Ollama wants the tool's name too. Where an id was used twice, the later call counts. */
export const toMessages = (system: TextContent | undefined, list: readonly AnthropicMessage[]): Message[] => {
  const toolNames = new Map<string, string>()
  const said = list.flatMap((message): Message[] => {
    switch (message.role) {
      case 'system':
        return [fromSystem(message.content)]
      case 'user':
        return fromUser(message.content, toolNames)
      case 'assistant': {
        const turn = fromAssistant(message.content)
        for (const call of turn.toolCalls ?? []) toolNames.set(call.id, call.name)
        return [turn]
      }
    }
  })
  return system === undefined || system.length === 0 ? said : [fromSystem(system), ...said]
}

const fromSystem = (content: TextContent): Message => ({ role: 'system', content: read(blocksOf(content)).content })

/** Results of tools come before what the user says to them. */
const fromUser = (content: UserContent, toolNames: ReadonlyMap<string, string>): Message[] => {
  if (typeof content === 'string') return [{ role: 'user', content }]
  const results = content.filter(block => block.type === 'tool_result')
  const said = content.filter(block => block.type !== 'tool_result')
  return [
    ...results.map(result => fromToolResult(result, toolNames.get(result.tool_use_id))),
    ...(said.length > 0 ? [{ role: 'user' as const, ...read(said) }] : []),
  ]
}

/** That a tool failed has no field at Ollama: the text says it. */
const fromToolResult = (result: ToolResult, toolName: string | undefined): Message => {
  const { content, images } = read(blocksOf(result.content ?? ''))
  return {
    role: 'tool',
    content: result.is_error === true ? `Error: ${content}` : content,
    images,
    toolName,
    toolCallId: result.tool_use_id,
  }
}

/** Thinking that was redacted is nothing that a model here could read. */
const fromAssistant = (content: AssistantContent): Message => {
  if (typeof content === 'string') return { role: 'assistant', content }
  const thinking = content.flatMap(block => (block.type === 'thinking' ? block.thinking : []))
  const calls = content.filter(block => block.type === 'tool_use')
  return {
    role: 'assistant',
    content: read(content.filter(block => block.type === 'text')).content,
    thinking: thinking.length > 0 ? thinking.join('\n') : undefined,
    toolCalls:
      calls.length > 0 ? calls.map(({ id, name, input }) => ({ id, name, arguments: toJson(input) })) : undefined,
  }
}

const blocksOf = <B>(content: string | readonly B[]): readonly (B | Readable)[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content

/** A model sees one text: blocks become its lines. */
const read = (blocks: readonly Readable[]): Pick<Message, 'content' | 'images'> => {
  const images = blocks.flatMap(block => (block.type === 'image' ? block.source.data : []))
  return { content: blocks.flatMap(linesOf).join('\n'), images: images.length > 0 ? images : undefined }
}

const linesOf = (block: Readable): string[] => {
  switch (block.type) {
    case 'text':
      return [block.text]
    case 'image':
      return []
    case 'document':
      return [block.title, block.context, block.source.data].filter(line => line !== undefined && line !== null)
  }
}
