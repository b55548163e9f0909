/**
 * What the bridge knows of readings beyond their values: which it has seen, what became of them, the boards' clocks,
 * and what boards are told of it.
 */
import type { DeviceId, Reading } from './core/reading.ts'
import { createBoardAcks } from './pipeline/board-acks.ts'
import { createBootClocks } from './pipeline/boot-clocks.ts'
import { createDeviceLedger } from './pipeline/device-ledger.ts'
import { createLedger } from './pipeline/ledger.ts'
import { createSequences } from './pipeline/sequences.ts'
import type { SpoolWriter } from './pipeline/spool-writer.ts'
import { createTimeSignal } from './pipeline/time-signal.ts'
import type { Clock, Publisher } from './ports.ts'

/** Devices with a balance of their own; as many as there are windows of sequence numbers. */
const MAX_DEVICES = 100_000
/** How often one board is told up to where its readings are durable. */
const ACKS_EVERY_MS = 200

export interface BooksDeps {
  readonly publisher: Publisher
  readonly clock: Clock
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
  /** Undefined before the start. */
  readonly writer: () => Pick<SpoolWriter, 'pendingRows' | 'rows'> | undefined
  readonly hasSink: boolean
}

/** Books that nothing was written in yet. */
export const createBooks = ({ publisher, clock, monotonic, writer, hasSink }: BooksDeps) => {
  const sequences = createSequences()
  const clocks = createBootClocks()
  const clockOf = (deviceId: DeviceId) => clocks.clockOf(deviceId)
  const ledger = createLedger({
    devices: createDeviceLedger({ sequence: sequences.state, clock: clockOf }, { maxDevices: MAX_DEVICES }),
    spool: () => ({ pendingRows: writer()?.pendingRows ?? 0, rows: writer()?.rows ?? 0 }),
    hasSink,
  })
  const acks = createBoardAcks({ publisher, state: sequences.state }, { intervalMs: ACKS_EVERY_MS })
  const timeSignal = createTimeSignal({ publisher, clock, monotonic, onJump: (ms) => clocks.shift(ms) })

  return {
    sequences,
    clocks,
    ledger,
    acks,
    /** A group is durable, `offset` is its first row's. */
    committed: (readings: readonly Reading[], offset: number): void => {
      sequences.committed(readings, offset)
      ledger.durable(readings)
      acks.committed(readings)
    },
    start: (): void => {
      acks.start()
      timeSignal.start()
    },
    stop: (): void => {
      acks.stop()
      timeSignal.stop()
    },
  }
}
