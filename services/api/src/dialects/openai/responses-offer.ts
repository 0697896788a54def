import type { z } from 'zod'
import { isJsonObject } from '../json.ts'
import type { Choice, CustomTool, FunctionTool, ToolChoice, Tools } from './responses-tools.ts'
import { toolsOf } from './tools.ts'

/**
 * What a model is offered of the tools: functions alone. Those of a namespace have both names in one, a custom tool is a
 * function of one text, and what OpenAI itself would run is left out.
 */

interface Offer {
  readonly tools?: Tools | null | undefined
  readonly tool_choice?: ToolChoice | null | undefined
  readonly parallel_tool_calls?: boolean | null | undefined
}

/** What a client calls a tool. */
export interface ToolName {
  readonly name: string
  readonly namespace?: string | null | undefined
}

/** What a model calls it. */
export const nameForModel = ({ name, namespace }: ToolName): string => {
  if (!namespace) return name
  return namespace.endsWith('__') ? namespace + name : `${namespace}__${name}`
}

/** A tool that a model can call. */
interface Offered extends ToolName {
  readonly tool: FunctionTool | CustomTool
  /** As the client wrote it. */
  readonly raw: object
  /** Of the namespace, at its first tool: each of them would repeat it. */
  readonly preface: string | undefined
  readonly path: readonly (string | number)[]
}

const offered = (list: Tools, rawList: readonly object[]): Offered[] =>
  list.flatMap((tool, index): Offered[] => {
    const raw: { readonly tools?: readonly object[] } = rawList[index] ?? {}
    const path = ['tools', index]
    switch (tool.type) {
      case 'function':
      case 'custom':
        return [{ name: tool.name, tool, raw, preface: undefined, path }]
      case 'namespace':
        return tool.tools.map((inner, at) => ({
          name: inner.name,
          namespace: tool.name,
          tool: inner,
          raw: raw.tools?.[at] ?? {},
          preface: at === 0 && tool.description ? tool.description : undefined,
          path: [...path, 'tools', at],
        }))
      default:
        return []
    }
  })

export const isBuiltIn = ({ type }: Tools[number]): boolean =>
  type !== 'function' && type !== 'custom' && type !== 'namespace'

/** Names what a choice names that is not there, and tools that a model could not tell apart. */
export const refuseWrongTools = ({ tools: list, tool_choice: wanted }: Offer, context: z.RefinementCtx): void => {
  const refuse = (path: readonly (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path: [...path], input: wanted ?? list, message })
  const known = new Map<string, Offered>()
  for (const each of offered(list ?? [], [])) {
    const name = nameForModel(each)
    const other = known.get(name)
    if (other !== undefined && !(isPlain(each) && isPlain(other)))
      return refuse([...each.path, 'name'], `must differ from the others: two tools would be "${name}"`)
    known.set(name, each)
  }
  if (!wanted || wanted === 'none' || wanted === 'auto') return
  if (known.size === 0) return refuse(['tool_choice'], 'must be "none", "auto" or absent where there are no tools')
  if (wanted === 'required') return
  const isMissing = ({ type, name }: Choice): boolean => known.get(name)?.tool.type !== type
  const problem = 'must be the name of one of the tools'
  if (wanted.type !== 'allowed_tools') {
    if (isMissing(wanted)) refuse(['tool_choice', 'name'], problem)
    return
  }
  const index = wanted.tools.findIndex(isMissing)
  if (index >= 0) refuse(['tool_choice', 'tools', index, 'name'], problem)
}

/** A function that a model calls what the client calls it. */
const isPlain = ({ tool, namespace }: Offered): boolean => tool.type === 'function' && namespace === undefined

/** A tool that is something else to the client than to a model. */
export interface ToolOfClient extends ToolName {
  readonly type: 'function' | 'custom'
}

/** Those of a request, by what a model calls them. */
export const toolsOfClient = (list: Offer['tools']): ReadonlyMap<string, ToolOfClient> =>
  new Map(
    offered(list ?? [], [])
      .filter(each => !isPlain(each))
      .map(each => [nameForModel(each), { type: each.tool.type, name: each.name, namespace: each.namespace }]),
  )

/** @param rawTools as the client wrote them: the order of keys and fields unknown here may matter to a model. */
export const offerOf = (
  { tools: list, tool_choice: wanted, parallel_tool_calls }: Offer,
  rawTools: readonly unknown[] | null | undefined,
): ReturnType<typeof toolsOf> => {
  const all = offered(list ?? [], (rawTools ?? []) as readonly object[])
  const nested = all.map(each => ({ type: 'function' as const, function: { name: nameForModel(each) } }))
  const raw = all.map(each => ({ type: 'function', function: functionOf(each) }))
  return toolsOf({ tools: nested, tool_choice: nest(wanted), parallel_tool_calls }, raw)
}

const functionOf = (each: Offered): object => {
  const { tool, preface } = each
  const name = nameForModel(each)
  const describe = (description: string | null | undefined): string =>
    [preface, description].filter(text => text).join('\n\n')
  if (tool.type === 'custom') return { name, description: describe(customDescription(tool)), parameters: oneText }
  const { type: _, ...fields } = each.raw as { readonly type: unknown }
  return { ...fields, name, ...(preface !== undefined && { description: describe(tool.description) }) }
}

const customDescription = ({ description, format }: CustomTool): string => {
  const form =
    format?.type === 'grammar'
      ? `The input has to fit this grammar (${format.syntax}):\n${format.definition}`
      : undefined
  return [description, form].filter(text => text).join('\n\n')
}

/** Of a call, for a model. */
export const argumentsOf = (call: { readonly input: string } | { readonly arguments: string }): string =>
  'input' in call ? JSON.stringify({ input: call.input }) : call.arguments

/** Of a call to a custom tool: what a model wrote in another form, the tool can refuse in its own words. */
export const textOfArguments = (json: string): string => {
  const { input }: { input?: unknown } = isJsonObject(json) ? JSON.parse(json) : {}
  return typeof input === 'string' ? input : json
}

const oneText = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole input of the tool, as it is.' } },
  required: ['input'],
  additionalProperties: false,
}

const nest = (wanted: Offer['tool_choice']): Parameters<typeof toolsOf>[0]['tool_choice'] => {
  if (typeof wanted !== 'object' || wanted === null) return wanted
  const byName = ({ name }: { readonly name: string }) => ({ type: 'function' as const, function: { name } })
  if (wanted.type !== 'allowed_tools') return byName(wanted)
  const { type, mode, tools: some } = wanted
  return { type, allowed_tools: { mode, tools: some.map(byName) } }
}
