import type { BridgeStats } from './bridge-types.ts'
import type { Admission } from './pipeline/admission.ts'
import type { Buzzer } from './pipeline/buzzer.ts'
import type { DeviceRegistry } from './pipeline/device-registry.ts'
import type { Drain } from './pipeline/drain.ts'
import type { Frames } from './pipeline/frames.ts'
import type { LatestValues } from './pipeline/latest-values.ts'
import type { RecentReadings } from './pipeline/recent-readings.ts'
import type { Sequences } from './pipeline/sequences.ts'
import type { SpoolWriter } from './pipeline/spool-writer.ts'
import type { SpoolStore } from './ports.ts'

export interface BridgeParts {
  readonly spool: Pick<SpoolStore, 'bytes'>
  /** Undefined before the start. */
  readonly writer: Pick<SpoolWriter, 'pendingBytes' | 'failing'> | undefined
  /** Undefined before the start, and without a database. */
  readonly drain: Pick<Drain, 'waiting' | 'oldestMs'> | undefined
  readonly admission: Pick<Admission, 'full'>
  readonly sequences: Pick<Sequences, 'missing'>
  readonly latest: Pick<LatestValues, 'stats'>
  readonly recent: Pick<RecentReadings, 'stats'>
  readonly registry: Pick<DeviceRegistry, 'stats'>
  readonly buzzer: Pick<Buzzer, 'stats'>
  readonly frames: Pick<Frames, 'stats'>
}

/** The numbers of all parts, as of now. */
export const bridgeStats = (parts: BridgeParts): BridgeStats => {
  const { spool, writer, drain, admission, latest, recent, registry } = parts
  const buzzer = parts.buzzer.stats()
  const frames = parts.frames.stats()
  return {
    spoolBytes: spool.bytes,
    pendingBytes: writer?.pendingBytes ?? 0,
    waitingRows: drain?.waiting ?? 0,
    oldestSpooledMs: drain?.oldestMs ?? 0,
    missing: parts.sequences.missing,
    full: admission.full,
    failing: writer?.failing ?? false,
    latestAvailable: latest.stats().available,
    caches: { readings: recent.stats(), ...registry.stats().caches, buzzer: buzzer.cache },
    boards: {
      buzzerPending: buzzer.pending,
      buzzerUnsaved: buzzer.unsaved,
      frames: frames.files,
      frameBytes: frames.bytes,
    },
  }
}
