/** `fetch` for an SDK: keeps what the server answered, and has the SDK retry at once where it would wait. */
export interface SdkFetch {
  readonly fetch: typeof fetch
  /** One per request that reached the server, as the server sent them. */
  readonly answers: { status: number; headers: Headers }[]
}

/** @param afterAnswer called after each answer, before the SDK sees it. */
export const sdkFetch = (afterAnswer: (count: number) => Promise<void> = async () => {}): SdkFetch => {
  const answers: SdkFetch['answers'] = []
  return {
    answers,
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      answers.push({ status: response.status, headers: response.headers })
      await afterAnswer(answers.length)
      if (!response.headers.has('retry-after')) return response
      const headers = new Headers(response.headers)
      headers.set('retry-after-ms', '1')
      return new Response(response.body, { status: response.status, headers })
    },
  }
}
