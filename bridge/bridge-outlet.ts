/** Where durable rows go from the spool: into the sink, or without one nowhere, until the oldest make room. */
import type { BridgeDeps, BridgeOptions } from './bridge-types.ts'
import { createDrain, DRAIN_DEFAULTS, type Drain } from './pipeline/drain.ts'
import type { Ledger } from './pipeline/ledger.ts'
import type { Sequences } from './pipeline/sequences.ts'
import { createSpoolRing } from './pipeline/spool-ring.ts'
import type { SpoolWriter } from './pipeline/spool-writer.ts'
import type { SpoolState, SpoolStore } from './ports.ts'

export interface OutletDeps extends Pick<BridgeDeps, 'sink' | 'events' | 'clock' | 'monotonic' | 'random'> {
  readonly spool: Pick<SpoolStore, 'read' | 'trim' | 'bytes'>
  readonly state: SpoolState
  readonly writer: Pick<SpoolWriter, 'end' | 'rows'>
  readonly ledger: Ledger
  readonly sequences: Sequences
}

export interface Outlet {
  /** Undefined without a sink. */
  readonly drain: Drain | undefined
  /** Tells of rows made durable, and where they end. */
  notify(rows: number, bytes: number, end: number): void
  /** Stores what is left while the sink takes it, at most until `deadlineMs` from now. */
  stop(deadlineMs: number): Promise<void>
}

/** The way out of an opened spool; it runs at once. */
export const openOutlet = (
  deps: OutletDeps,
  options: Pick<BridgeOptions, 'bounds' | 'readingsIntervalMs'>,
): Outlet => {
  const { sink, events, clock, monotonic, random, spool, state, writer, ledger, sequences } = deps
  if (sink === undefined) {
    const ring = createSpoolRing({ spool, ledger, events }, { maxBytes: options.bounds.maxSpoolBytes })
    return { drain: undefined, notify: ring.notify, stop: ring.stop }
  }
  const drain = createDrain(
    {
      spool,
      spoolId: state.spoolId,
      runFrom: state.nextOffset,
      reach: () => writer,
      ...{ sink, ledger, sequences, events, now: clock, monotonic, random },
    },
    {
      ...DRAIN_DEFAULTS,
      maxAgeMs: options.readingsIntervalMs,
      // Else a small spool would be full of rows that are stored already.
      trimBytes: Math.min(DRAIN_DEFAULTS.trimBytes, options.bounds.maxSpoolBytes / 8),
    },
  )
  drain.start()
  return { drain, notify: drain.notify, stop: drain.stop }
}
