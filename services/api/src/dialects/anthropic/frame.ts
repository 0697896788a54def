/** One of Anthropic's server-sent events. @param rest what its JSON object has beside the type, on one line. */
export const frame = (type: string, rest = ''): string => `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`
