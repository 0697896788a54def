/** Exit codes of `drover config …`. */
export const exitCodes = { ok: 0, refused: 1, unreadable: 2 } as const
