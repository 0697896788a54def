import type { Usage } from '@drover/shared/events'

interface Total {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/**
 * As OpenAI counts several answers: each prompt once, every completion. The largest count of a prompt, because a host that
 * has it in its cache may report less of it.
 * @param usages of the answers, those to the same prompt next to each other.
 * @param perPrompt how many those are.
 */
export const totalUsage = (usages: readonly Usage[], perPrompt = usages.length): Total => {
  const prompts: number[] = []
  let completion = 0
  for (const [index, usage] of usages.entries()) {
    const at = Math.floor(index / perPrompt)
    prompts[at] = Math.max(prompts[at] ?? 0, usage.promptTokens)
    completion += usage.completionTokens
  }
  const prompt = prompts.reduce((sum, count) => sum + count, 0)
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}
