import { DroverError } from '@drover/shared/errors/drover-error'
import type { ModelRequest } from '@drover/shared/requests'

/**
 * Every choice is a job with a prompt of its own: 8 MB in 20 copies keep Redis and everybody who waits for it busy for
 * seconds. So all of them together are no more than a body may have.
 *
 * @param requests those of several choices are one and the same.
 * @throws DroverError `invalid_request` naming `n`.
 */
export const refuseCopies = (requests: readonly ModelRequest[], bodyBytesMax: number): void => {
  const prompts = new Set(requests)
  if (prompts.size === requests.length) return
  const chars = [...prompts].reduce((sum, request) => sum + JSON.stringify(request).length, 0)
  const most = Math.max(1, Math.floor(bodyBytesMax / chars))
  if (requests.length > most * prompts.size)
    throw new DroverError('invalid_request', {
      field: 'n',
      problem: `must be at most ${most} for a prompt of this size`,
    })
}
