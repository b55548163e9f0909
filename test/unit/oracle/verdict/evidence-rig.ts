/** Evidence of a run in which everything went well, to be spoiled in one place by each test. */
import type { BoardMessage } from '../../../oracle/boards/message.ts'
import { measuredOf, type Reading } from '../../../oracle/boards/reading.ts'
import type { PlayedFault } from '../../../oracle/timeline.ts'
import { createTrafficLog } from '../../../oracle/traffic-log.ts'
import type { BalanceTotal, Evidence, Row } from '../../../oracle/verdict/evidence.ts'

export const RECEIVED_AT = Date.UTC(2026, 0, 5)

export const readings: readonly Reading[] = [1, 2, 3, 4].map((seq) => ({
  deviceId: 'board',
  boot: 'b1',
  seq,
  ts: seq === 4 ? 1_700_000_000_000 : null,
}))

export const rowOf = (reading: Reading): Row => {
  const { deviceId, boot, seq, ts } = reading
  const tsSource = ts === null ? 'server' : 'device'
  return {
    ...measuredOf(reading),
    deviceId,
    boot,
    seq,
    ts: ts ?? RECEIVED_AT,
    tsSource,
    receivedAt: RECEIVED_AT,
  }
}

const message = (sent: readonly Reading[], payload: string): BoardMessage => ({
  kind: 'qos1',
  deviceId: 'board',
  payload,
  readings: sent,
})

/** Three readings acked, a fourth was only sent and is a row all the same; one unreadable message, one resend. */
const traffic = () => {
  let now = 1_000
  const log = createTrafficLog(() => now)
  for (const reading of readings) {
    const text = message([reading], `reading ${reading.seq}`)
    log.sent(text)
    if (reading.seq === 1) log.sent(text)
    if (reading.seq !== 4) log.acked(text, 'PUBACK')
    now += 1_000
  }
  log.sent(message([], 'garbage'))
  log.acked(message([], 'garbage'), 'PUBREC')
  return log
}

export const BALANCE: BalanceTotal = {
  received: 6,
  stored: 4,
  spooled: 0,
  inFlight: 0,
  deduplicated: 1,
  deadLettered: 1,
  dropped: { 'spool-full-qos0': 0, 'spool-damaged': 0 },
  remainder: 0,
}

export const played = (more: Partial<PlayedFault> = {}): PlayedFault => ({
  name: 'kill-9',
  kind: 'kill',
  mayLose: false,
  fromMs: 1_500,
  toMs: 2_500,
  stake: null,
  error: null,
  ...more,
})

export const goodEvidence = (): Evidence => ({
  traffic: traffic(),
  unanswered: new Map(),
  rows: readings.map(rowOf),
  deadLetters: [{ payload: 'garbage', reason: 'bad-json' }],
  balance: BALANCE,
  balanceProblem: null,
  ends: [
    { code: null, signal: 'SIGKILL', stderr: '' },
    { code: 0, signal: null, stderr: '' },
  ],
  log: [
    { level: 'info', msg: 'listening' },
    { level: 'error', msg: 'Postgres is away' },
  ],
  played: [played()],
  troubles: [],
})
