const WIDTH = 24

const clockTime = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** `[######------] 25 % · 2,500,000 of 10,000,000 rows · 1:30 left`; without a rate there is nothing to say of the rest. */
export const progressLine = (
  what: string,
  { done, of, seconds }: { readonly done: number; readonly of: number; readonly seconds: number },
): string => {
  const share = of === 0 ? 1 : Math.min(1, done / of)
  const filled = Math.round(share * WIDTH)
  const left = share > 0 ? ` · ${clockTime((seconds / share) * (1 - share))} left` : ''
  const bar = `${'#'.repeat(filled)}${'-'.repeat(WIDTH - filled)}`
  const count = (n: number): string => n.toLocaleString('en-US')
  return `[${bar}] ${Math.floor(share * 100)} % · ${count(done)} of ${count(of)} ${what}${left}`
}

const EVERY_MS = 500
/** A log file is no terminal: a line there now and then is enough. */
const EVERY_LINE_MS = 15_000

/** Shows how far something is, on one line of a terminal. */
export const createProgress = (what: string, of: number) => {
  const startedAt = performance.now()
  const isTerminal = process.stderr.isTTY === true
  let shownAt = Number.NEGATIVE_INFINITY
  const show = (done: number, force = false): void => {
    const now = performance.now()
    if (!force && now - shownAt < (isTerminal ? EVERY_MS : EVERY_LINE_MS)) return
    shownAt = now
    const line = progressLine(what, { done, of, seconds: (now - startedAt) / 1000 })
    process.stderr.write(isTerminal ? `\r\x1b[K${line}${done >= of ? '\n' : ''}` : `${line}\n`)
  }
  return { show, end: (): void => show(of, true) }
}
