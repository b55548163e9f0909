/** What arrives somewhere, and whoever waits for it: an arrival that came first is not missed. */
export interface Arrivals {
  arrived(): void
  /** Resolves at the first arrival, with when it was (monotonic milliseconds). */
  readonly first: Promise<number>
}

export const createArrivals = (): Arrivals => {
  let settle: (at: number) => void = () => undefined
  const first = new Promise<number>((resolve) => {
    settle = resolve
  })
  return { arrived: () => settle(performance.now()), first }
}

/** Whether this is what carries the tag: latest values, or an event with them. */
export const carriesTag = (text: string, tag: string): boolean => {
  try {
    const { custom } = JSON.parse(text) as { readonly custom?: { readonly doctor?: unknown } | null }
    return custom?.doctor === tag
  } catch {
    return false
  }
}
