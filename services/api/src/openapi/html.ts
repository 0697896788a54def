/** HTML of plain text. */
export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

export const code = (text: string): string => `<code>${escape(text)}</code>`

/** Backticks become code, as in Markdown. */
export const prose = (text: string): string => escape(text).replaceAll(/`([^`]*)`/g, '<code>$1</code>')
