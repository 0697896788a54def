import type { Message } from '@drover/shared/requests'
import type { ContentPart, Item, ReasoningItem } from './responses-items.ts'
import { argumentsOf, nameForModel } from './responses-offer.ts'

/**
 * A conversation's items as messages. What the assistant did in a row (thoughts, a text, calls) is one message,
 * because that is what a model's template expects.
 */
export const toMessages = (items: readonly Item[]): Message[] => {
  const toolNames = new Map<string, string>()
  const messages: Message[] = []
  for (const item of items) {
    switch (item.type) {
      case 'reasoning':
        addThoughts(messages, item)
        break
      case 'function_call':
      case 'custom_tool_call': {
        const name = nameForModel(item)
        toolNames.set(item.call_id, name)
        const turn = turnOf(messages, () => true)
        ;(turn.toolCalls ??= []).push({ id: item.call_id, name, arguments: argumentsOf(item) })
        break
      }
      case 'function_call_output':
      case 'custom_tool_call_output': {
        const said = sayingOf(item.output)
        messages.push({ role: 'tool', ...said, toolName: toolNames.get(item.call_id), toolCallId: item.call_id })
        break
      }
      case 'web_search_call':
        break
      case 'message':
      case undefined:
        if (item.role === 'assistant') turnOf(messages, saidNothing).content = sayingOf(item.content).content
        else messages.push({ role: item.role === 'user' ? 'user' : 'system', ...sayingOf(item.content) })
    }
  }
  return messages
}

const addThoughts = (messages: Message[], { summary, content }: ReasoningItem): void => {
  const told = content?.length ? content : (summary ?? [])
  const thinking = told.map(part => part.text).join('\n')
  if (thinking === '') return
  const turn = turnOf(messages, saidNothing)
  turn.thinking = turn.thinking === undefined ? thinking : `${turn.thinking}\n${thinking}`
}

const saidNothing = (turn: Message): boolean => turn.content === '' && turn.toolCalls === undefined

/** The assistant's message that is going on, if what comes next may be part of it; else a new one. */
const turnOf = (messages: Message[], mayGoOn: (turn: Message) => boolean): Message => {
  const last = messages.at(-1)
  if (last?.role === 'assistant' && mayGoOn(last)) return last
  const turn: Message = { role: 'assistant', content: '' }
  messages.push(turn)
  return turn
}

/** A model sees one text: parts become its lines. */
const sayingOf = (content: string | readonly ContentPart[]): Pick<Message, 'content' | 'images'> => {
  if (typeof content === 'string') return { content }
  const lines: string[] = []
  const images: string[] = []
  for (const part of content) {
    if (part.type === 'input_image') images.push(part.image_url.slice(part.image_url.indexOf(',') + 1))
    else lines.push(part.type === 'refusal' ? part.refusal : part.text)
  }
  return { content: lines.join('\n'), images: images.length > 0 ? images : undefined }
}
