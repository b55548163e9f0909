/** The timers of the page itself: a worker would be a script that the page's policy does not let in. */
export const setInterval = (run: () => void, ms: number): number => window.setInterval(run, ms)
export const clearInterval = (timer: number): void => window.clearInterval(timer)
