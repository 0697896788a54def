import type { Config, HostConfig } from '@drover/shared/config/schema'
import type { Host } from './host.ts'
import { OllamaHost } from './ollama.ts'
import { OpenAiHost } from './openai.ts'

/** Which types of hosts there are. The caller owns what it opens. */
export const openHost = (host: HostConfig, timeouts: Config['upstream']): Host => {
  switch (host.type) {
    case 'ollama':
      return new OllamaHost(host, timeouts)
    case 'openai':
      return new OpenAiHost(host, timeouts)
  }
}
