import type { ChatRequest } from '@drover/shared/requests'
import { z } from 'zod'
import { variants } from '../check.ts'
import { toJson } from '../json.ts'
import { flag, object, string } from './fields.ts'

/** OpenAI's `tools` and `tool_choice`. */

const tool = z.object(
  {
    type: z.literal('function', 'must be "function"'),
    function: z.object(
      {
        name: string.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"'),
        description: string.nullish(),
        parameters: object.nullish(),
        strict: flag,
      },
      'must be an object with a name',
    ),
  },
  'must be an object with type and function',
)

export const tools = z.array(tool, 'must be a list of tools').max(128, 'must have at most 128 tools')

const named = z.object({
  type: z.literal('function', 'must be "function"'),
  function: z.object({ name: string }, 'must be an object with a name'),
})
const allowed = z.object({
  type: z.literal('allowed_tools'),
  allowed_tools: z.object(
    {
      mode: z.enum(['auto', 'required'], 'must be "auto" or "required"'),
      tools: z.array(named, 'must be a list of tools').min(1, 'must not be empty'),
    },
    'must be an object with mode and tools',
  ),
})

export const toolChoice = z.union(
  [z.enum(['none', 'auto', 'required']), variants('type', [named, allowed], 'must be "function" or "allowed_tools"')],
  'must be "none", "auto", "required" or an object that names a function',
)

interface Offer {
  readonly tools?: z.output<typeof tools> | null | undefined
  readonly tool_choice?: z.output<typeof toolChoice> | null | undefined
  readonly parallel_tool_calls?: boolean | null | undefined
}

/** Names what a choice names that is not there. */
export const refuseMissingTools = ({ tools, tool_choice: choice }: Offer, context: z.RefinementCtx): void => {
  if (!choice || choice === 'none' || choice === 'auto') return
  const refuse = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path: ['tool_choice', ...path], input: choice, message })
  if (!tools?.length) return refuse([], 'must be "none", "auto" or absent where there are no tools')
  if (choice === 'required') return
  const names = new Set(tools.map(tool => tool.function.name))
  const missing = 'must be the name of one of the tools'
  if (choice.type === 'function') {
    if (!names.has(choice.function.name)) refuse(['function', 'name'], missing)
    return
  }
  const index = choice.allowed_tools.tools.findIndex(tool => !names.has(tool.function.name))
  if (index >= 0) refuse(['allowed_tools', 'tools', index, 'function', 'name'], missing)
}

/** @param rawTools as the client wrote them: the order of keys and fields unknown here may matter to a model. */
export const toolsOf = (
  { tools, tool_choice: choice, parallel_tool_calls: parallel }: Offer,
  rawTools: unknown,
): Pick<ChatRequest, 'toolsJson' | 'toolChoice' | 'parallelToolCalls'> => {
  if (!tools?.length || choice === 'none') return {}
  const only = typeof choice === 'object' && choice?.type === 'allowed_tools' ? choice.allowed_tools : undefined
  const names = only === undefined ? undefined : new Set(only.tools.map(tool => tool.function.name))
  const offered = (rawTools as unknown[]).filter((_, index) => names?.has(tools[index]?.function.name ?? '') ?? true)
  return {
    toolsJson: toJson(offered),
    toolChoice: demandOf(choice),
    parallelToolCalls: parallel === false ? false : undefined,
  }
}

const demandOf = (choice: Offer['tool_choice']): ChatRequest['toolChoice'] => {
  if (!choice || choice === 'none' || choice === 'auto') return undefined
  if (choice === 'required') return 'required'
  if (choice.type === 'function') return { name: choice.function.name }
  return choice.allowed_tools.mode === 'required' ? 'required' : undefined
}
