import { detectLanguage, type Language } from '@drover/shared/language'

/** Of the last thing a user said, read from whatever the client sent: also a body that is refused has a language. */
export const languageOf = (body: unknown): Language => {
  if (typeof body !== 'object' || body === null) return 'en'
  const { messages, input, prompt } = body as { messages?: unknown; input?: unknown; prompt?: unknown }
  return detectLanguage(lastText(messages ?? input ?? prompt))
}

/** A text, a list of texts, or a list of messages or items. */
const lastText = (said: unknown): string => {
  if (typeof said === 'string') return said
  if (!Array.isArray(said)) return ''
  const last = said.findLast(item => typeof item === 'string' || (item as { role?: unknown } | null)?.role === 'user')
  if (typeof last === 'string') return last
  return textOf((last as { content?: unknown } | undefined)?.content)
}

const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  const texts = content.map(part => (part as { text?: unknown } | null)?.text).filter(text => typeof text === 'string')
  return texts.join('\n')
}
