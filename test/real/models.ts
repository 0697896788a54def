import { z } from 'zod'

/** Installed models by what the flows need them for; undefined where there is none. */
export interface Models {
  /** Chats. */
  readonly chat: string
  /** Answers long enough to be left, or killed, in the middle. */
  readonly long: string
  readonly tools: string | undefined
  readonly thinker: string | undefined
  readonly inserter: string | undefined
  readonly embedder: string | undefined
  /** Chats and can do nothing else. */
  readonly plain: string | undefined
  /** As `plain`, but with the chat template of its weights: Ollama has other words and statuses for these. */
  readonly native: string | undefined
}

interface Named {
  readonly model: string
  readonly embedder?: string | undefined
  readonly long?: string | undefined
  readonly tools?: string | undefined
  readonly native?: string | undefined
}

const tags = z.object({ models: z.array(z.object({ name: z.string() })) })
const shown = z.object({ capabilities: z.array(z.string()).default([]) })

/** Those that were named, and the first installed one for whatever they cannot do. */
export const findModels = async (ollamaUrl: string, named: Named): Promise<Models> => {
  const { models } = tags.parse(await (await fetch(`${ollamaUrl}/api/tags`)).json())
  const able = new Map<string, readonly string[]>()
  for (const name of [named.model, ...models.map(model => model.name).sort()]) {
    const response = await fetch(`${ollamaUrl}/api/show`, { method: 'POST', body: JSON.stringify({ model: name }) })
    if (response.ok) able.set(name, shown.parse(await response.json()).capabilities)
    else if (name === named.model) throw new Error(`${ollamaUrl} has no model ${name}`)
  }
  const first = (fits: (can: readonly string[]) => boolean): string | undefined =>
    [...able].find(([, can]) => fits(can))?.[0]
  return {
    chat: named.model,
    long: named.long ?? named.model,
    tools: named.tools ?? first(can => can.includes('tools')),
    thinker: first(can => can.includes('thinking')),
    inserter: first(can => can.includes('insert')),
    embedder: named.embedder ?? first(can => can.includes('embedding')),
    plain: first(can => can.length === 1 && can[0] === 'completion'),
    native: named.native,
  }
}
