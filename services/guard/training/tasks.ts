import type { OwnTask, Task } from './task.ts'
import { task as code } from './tasks/code.ts'
import { task as injection } from './tasks/injection.ts'
import { task as refusal } from './tasks/refusal.ts'
import { task as toxicity } from './tasks/toxicity.ts'
import { task as url } from './tasks/url.ts'

/** One line per task (see `task.ts`). */
export const tasks: readonly (OwnTask | Task)[] = [code, injection, refusal, toxicity, url]
