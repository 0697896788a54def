import type { ChatRequest } from '@drover/shared/requests'
import { z } from 'zod'
import { variants } from '../check.ts'
import { toJson } from '../json.ts'

/** Anthropic's `tools` and `tool_choice`: those the client runs. Tools of Anthropic's own have no schema a model here could read. */

const toolsMax = 512

const tool = z.object(
  {
    type: z.literal('custom', 'must be "custom" or absent: Anthropic’s own tools are not available here').nullish(),
    name: z.string('must be a string').regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be 1 to 128 letters, digits, "_" or "-"'),
    description: z.string('must be a string').nullish(),
    input_schema: z.record(z.string(), z.unknown(), 'must be an object: the JSON schema of the tool’s input'),
  },
  'must be an object with name and input_schema',
)

export const tools = z.array(tool, 'must be a list of tools').max(toolsMax, `must have at most ${toolsMax} tools`)

const oneAtATime = { disable_parallel_tool_use: z.boolean('must be true or false').nullish() }

export const toolChoice = variants(
  'type',
  [
    z.object({ type: z.literal('auto'), ...oneAtATime }),
    z.object({ type: z.literal('any'), ...oneAtATime }),
    z.object({ type: z.literal('tool'), name: z.string('must be a string'), ...oneAtATime }),
    z.object({ type: z.literal('none') }),
  ],
  'must be "auto", "any", "tool" or "none"',
)

interface Offer {
  readonly tools?: z.output<typeof tools> | null | undefined
  readonly tool_choice?: z.output<typeof toolChoice> | null | undefined
}

/** Names what a choice names that is not there. */
export const refuseMissingTools = ({ tools, tool_choice: choice }: Offer, context: z.RefinementCtx): void => {
  const refuse = (key: string, message: string): void =>
    context.addIssue({ code: 'custom', path: ['tool_choice', key], input: choice, message })
  if (choice?.type === 'any' && !tools?.length) refuse('type', 'must be "auto" or "none" where there are no tools')
  if (choice?.type === 'tool' && !tools?.some(tool => tool.name === choice.name))
    refuse('name', 'must be the name of one of the tools')
}

export const toolsOf = ({
  tools,
  tool_choice: choice,
}: Offer): Pick<ChatRequest, 'toolsJson' | 'toolChoice' | 'parallelToolCalls'> => {
  if (!tools?.length || choice?.type === 'none') return {}
  return {
    toolsJson: toJson(tools.map(toOllama)),
    toolChoice: demandOf(choice),
    parallelToolCalls: choice?.disable_parallel_tool_use === true ? false : undefined,
  }
}

const demandOf = (choice: Offer['tool_choice']): ChatRequest['toolChoice'] => {
  if (choice?.type === 'any') return 'required'
  return choice?.type === 'tool' ? { name: choice.name } : undefined
}

const toOllama = ({ name, description, input_schema: parameters }: z.output<typeof tool>): object => ({
  type: 'function',
  function: { name, ...(description && { description }), parameters },
})
