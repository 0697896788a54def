import type { ContentPart, Item } from './responses-items.ts'

/** Items as a list of them shows them: with an id of their own, and with all that strict clients expect. */
export const listedItems = (responseId: string, items: readonly Item[]) =>
  items.map((item, index) => ({ id: `item_${responseId}_${index}`, ...listed(item) }))

const listed = (item: Item) => {
  switch (item.type) {
    case 'function_call':
    case 'custom_tool_call':
    case 'web_search_call':
      return { ...item, status: 'completed' }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return {
        ...item,
        output: typeof item.output === 'string' ? item.output : item.output.map(detailed),
        status: 'completed',
      }
    case 'reasoning':
      return { type: item.type, summary: item.summary ?? [], ...(item.content && { content: item.content }) }
    case 'message':
    case undefined:
      return { type: 'message', role: item.role, status: 'completed', content: partsOf(item) }
  }
}

const partsOf = ({ role, content }: Extract<Item, { role: string }>): object[] => {
  const type = role === 'assistant' ? 'output_text' : 'input_text'
  const parts: readonly ContentPart[] = typeof content === 'string' ? [{ type, text: content }] : content
  if (role !== 'assistant') return parts.map(detailed)
  return parts.map(part => ('text' in part ? { type, text: part.text, annotations: [] } : part))
}

const detailed = (part: ContentPart): object => (part.type === 'input_image' ? { ...part, detail: 'auto' } : part)
