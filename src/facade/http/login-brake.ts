/**
 * Slows down who tries passwords: each wrong login of an address is answered later than the one before, and after
 * some of them nothing is checked for it until its minute is over. A login counts as wrong from its begin until it
 * was found right, so many at a time get no further than one by one.
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../../bridge/index.ts'

export interface LoginBrakeOptions {
  readonly maxWrong: number
  readonly windowMs: number
  /** The first answer waits this long, each further one twice as long as the one before, up to `slowestMs`. */
  readonly slowMs: number
  readonly slowestMs: number
  /** Answers that wait at a time; more are not slowed. */
  readonly maxSlowed: number
  readonly maxAddresses: number
}

export const LOGIN_BRAKE: LoginBrakeOptions = {
  maxWrong: 10,
  windowMs: 60_000,
  slowMs: 50,
  slowestMs: 2_000,
  maxSlowed: 1_000,
  maxAddresses: 10_000,
}

export interface LoginAttempt {
  /** It was right, or could not be checked. */
  forgive(): void
  /** Resolves when its answer is due. */
  slow(): Promise<void>
}

export interface LoginBrake {
  /** The whole seconds until this address may try again, or an attempt of its. */
  begin(address: string): LoginAttempt | number
}

interface Window {
  /** Epoch ms. */
  readonly startedAt: number
  wrong: number
}

export interface LoginBrakeDeps {
  readonly clock: Clock
  readonly wait: (ms: number) => Promise<unknown>
}

export const createLoginBrake = (
  { clock, wait }: LoginBrakeDeps,
  { maxWrong, windowMs, slowMs, slowestMs, maxSlowed, maxAddresses }: LoginBrakeOptions = LOGIN_BRAKE,
): LoginBrake => {
  const windows = new LRUCache<string, Window>({ max: maxAddresses })
  let slowed = 0

  const windowOf = (address: string, now: number): Window => {
    const known = windows.get(address)
    // A clock that was set back ends the window as well.
    if (known !== undefined && now >= known.startedAt && now - known.startedAt < windowMs) return known
    const begun = { startedAt: now, wrong: 0 }
    windows.set(address, begun)
    return begun
  }

  return {
    begin: (address) => {
      const now = clock()
      const window = windowOf(address, now)
      if (window.wrong >= maxWrong) return Math.max(1, Math.ceil((window.startedAt + windowMs - now) / 1_000))
      window.wrong += 1
      const { wrong } = window
      return {
        forgive: () => {
          window.wrong -= 1
        },
        slow: async () => {
          if (slowed >= maxSlowed) return
          slowed += 1
          try {
            await wait(Math.min(slowestMs, slowMs * 2 ** (wrong - 1)))
          } finally {
            slowed -= 1
          }
        },
      }
    },
  }
}
