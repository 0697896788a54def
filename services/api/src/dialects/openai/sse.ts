import type { Problem } from '@drover/shared/errors/problem'
import type { QueuePlace } from '../../admission/placement.ts'
import { oneLine } from '../json.ts'
import { openaiError } from './error.ts'

/** What OpenAI's streams of server-sent events have in common. */

export const endMarker = 'data: [DONE]\n\n'

/** Clients ignore comments. */
export const comment = (place: QueuePlace | undefined): string =>
  `: ${place === undefined ? 'waiting' : placeText(place)}\n\n`

export const errorFrame = (problem: Problem): string => `data: ${oneLine(JSON.stringify(openaiError(problem)))}\n\n`

const placeText = ({ position, etaMs }: QueuePlace): string =>
  `queued position=${position}${etaMs === undefined ? '' : ` eta=${Math.ceil(etaMs / 1_000)}s`}`
