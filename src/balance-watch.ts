/**
 * Looks at the balance sheet every few seconds: a remainder is a loss that nobody has told of, or a row that nobody
 * has sent, and the operator must know.
 *
 * It must be there at two looks in a row. The sheet is of one moment by construction, but part of it is what
 * Postgres said last; and an alarm that was wrong once is not believed again.
 */
import type { CheckedBalance } from '../bridge/index.ts'
import type { Log } from './logging.ts'

export interface BalanceWatchDeps {
  readonly balance: () => CheckedBalance
  readonly log: Pick<Log, 'error' | 'info'>
}

export interface BalanceWatch {
  start(): Promise<void>
  stop(): Promise<void>
}

const LOOK_EVERY_MS = 5_000
/** A remainder that goes on changing is a line in 10 s. */
const LOOKS_BETWEEN_LINES = 2

/** Nothing is looked at before `start`. */
export const createBalanceWatch = (
  { balance, log }: BalanceWatchDeps,
  { everyMs = LOOK_EVERY_MS }: { readonly everyMs?: number } = {},
): BalanceWatch => {
  let timer: NodeJS.Timeout | undefined
  let before = 0
  let told = 0
  let looksSinceLine = LOOKS_BETWEEN_LINES

  const tell = (sheet: CheckedBalance): void => {
    told = sheet.remainder
    looksSinceLine = 0
    if (told === 0) log.info('the balance sheet is even again')
    else
      log.error({ ...sheet }, 'the balance sheet does not add up: keep DATA_DIR and this line, and report it')
  }

  const look = (): void => {
    const sheet = balance()
    const isThere = sheet.remainder !== 0
    looksSinceLine += 1
    const stays = isThere === (before !== 0)
    if (stays && sheet.remainder !== told && looksSinceLine >= LOOKS_BETWEEN_LINES) tell(sheet)
    before = sheet.remainder
  }

  return {
    start: async () => {
      timer ??= setInterval(look, everyMs)
      timer.unref()
    },
    stop: async () => {
      clearInterval(timer)
      timer = undefined
    },
  }
}
