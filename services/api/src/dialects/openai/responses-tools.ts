import { z } from 'zod'
import { variants } from '../check.ts'
import { flag, object, string } from './fields.ts'

/** `tools` and `tool_choice` of the Responses API: flat, where those of chat completions are nested. */

const named = {
  name: string.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"'),
  description: string.nullish(),
}

const functionTool = z.object({
  type: z.literal('function'),
  ...named,
  parameters: object.nullish(),
  strict: flag,
})

const grammar = z.object({
  type: z.literal('grammar'),
  syntax: z.enum(['lark', 'regex'], 'must be "lark" or "regex"'),
  definition: string,
})

const customTool = z.object({
  type: z.literal('custom'),
  ...named,
  format: variants('type', [z.object({ type: z.literal('text') }), grammar], 'must be "text" or "grammar"').nullish(),
})

const listOf = <T extends z.ZodType>(tool: T) =>
  z.array(tool, 'must be a list of tools').max(128, 'must have at most 128 tools')

const namespaceTool = z.object({
  type: z.literal('namespace'),
  ...named,
  tools: listOf(variants('type', [functionTool, customTool], 'must be "function" or "custom"')),
})

const builtInTool = z
  .object({
    type: z.enum([
      'apply_patch',
      'code_interpreter',
      'computer',
      'computer_use_preview',
      'file_search',
      'image_generation',
      'local_shell',
      'mcp',
      'programmatic_tool_calling',
      'shell',
      'tool_search',
      'web_search',
      'web_search_2025_08_26',
      'web_search_preview',
      'web_search_preview_2025_03_11',
    ]),
  })
  .meta({ description: 'Left out of what the model is offered; `x-drover-adjusted` then says `tools`.' })

export const tools = listOf(
  variants(
    'type',
    [functionTool, customTool, namespaceTool, builtInTool],
    'must be "function", "custom", "namespace" or a built-in tool of OpenAI, which is left out',
  ),
)

const choice = z.object({ type: z.enum(['function', 'custom']), name: string })
const allowed = z.object({
  type: z.literal('allowed_tools'),
  mode: z.enum(['auto', 'required'], 'must be "auto" or "required"'),
  tools: z
    .array(variants('type', [choice], 'must be "function" or "custom"'), 'must be a list of tools')
    .min(1, 'must not be empty'),
})

export const toolChoice = z.union(
  [
    z.enum(['none', 'auto', 'required']),
    variants('type', [choice, allowed], 'must be "function", "custom" or "allowed_tools": built-in tools are left out'),
  ],
  'must be "none", "auto", "required" or an object that names a function',
)

export type Tools = z.output<typeof tools>
export type FunctionTool = z.output<typeof functionTool>
export type CustomTool = z.output<typeof customTool>
export type Choice = z.output<typeof choice>
export type ToolChoice = z.output<typeof toolChoice>
