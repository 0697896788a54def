import type { Message } from '@drover/shared/requests'
import { jsonObject, jsonText } from './json-text.ts'

/** OpenAI's `messages`, as raw JSON text. */

export const messagesJson = (messages: readonly Message[]): string =>
  `[${withCallIds(messages).map(messageJson).join(',')}]`

const messageJson = ({ role, content, thinking, images, toolCalls = [], toolCallId }: Message): string =>
  jsonObject({
    role: jsonText(role),
    content: toolCalls.length > 0 && content === '' ? 'null' : contentJson(content, images),
    reasoning_content: jsonText(thinking),
    tool_calls: toolCalls.length > 0 ? JSON.stringify(toolCalls.map(toolCall)) : undefined,
    tool_call_id: jsonText(toolCallId),
  })

const toolCall = ({ id, name, arguments: args }: NonNullable<Message['toolCalls']>[number]): object => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})

const contentJson = (text: string, images: readonly string[] = []): string => {
  if (images.length === 0) return JSON.stringify(text)
  const parts = images.map(image => ({ type: 'image_url', image_url: { url: dataUrl(image) } }))
  return JSON.stringify(text === '' ? parts : [{ type: 'text', text }, ...parts])
}

/** First characters of an image's base64. */
const mediaTypes = { '/9j/': 'jpeg', iVBORw0KGgo: 'png', UklGR: 'webp', R0lGOD: 'gif' } as const

const dataUrl = (image: string): string => {
  const [, type = 'jpeg'] = Object.entries(mediaTypes).find(([start]) => image.startsWith(start)) ?? []
  return `data:image/${type};base64,${image}`
}

/**
 * An id for every call and every answer of a tool, which OpenAI demands and Ollama does not. Given ones stay. An answer
 * without one belongs to the first call that has none yet, of the tool it names, if it names one.
 */
const withCallIds = (messages: readonly Message[]): Message[] => {
  const given = new Set(messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id }) => id)))
  given.delete('')
  const open = new OpenCalls()
  let made = 0
  const makeId = (): string => {
    let id: string
    // Nine letters and digits: some chat templates take nothing else.
    do id = `call${String((made += 1)).padStart(5, '0')}`
    while (given.has(id))
    return id
  }
  return messages.map(message => {
    const { role, toolCalls, toolCallId = '', toolName } = message
    if (toolCalls !== undefined) {
      const named = toolCalls.map(call => (call.id === '' ? { ...call, id: makeId() } : call))
      for (const call of named) open.add(call)
      return { ...message, toolCalls: named }
    }
    if (role !== 'tool') return message
    if (given.has(toolCallId)) open.answered(toolCallId)
    const id = given.has(toolCallId) ? toolCallId : open.take(toolName) || toolCallId || makeId()
    return { ...message, toolCallId: id }
  })
}

/** Calls that no tool has answered yet, in order. */
class OpenCalls {
  readonly #all = new Set<string>()
  readonly #ofTool = new Map<string, Set<string>>()

  add({ id, name }: { readonly id: string; readonly name: string }): void {
    const ofTool = this.#ofTool.get(name) ?? new Set()
    this.#all.add(id)
    this.#ofTool.set(name, ofTool.add(id))
  }

  answered(id: string): void {
    this.#all.delete(id)
  }

  /** The first one, which is answered by that; '' when there is none. */
  take(tool: string | undefined): string {
    const candidates = tool === undefined ? this.#all : (this.#ofTool.get(tool) ?? [])
    for (const id of candidates) {
      this.#ofTool.get(tool ?? '')?.delete(id)
      if (this.#all.delete(id)) return id
    }
    return ''
  }
}
