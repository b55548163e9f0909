/**
 * What pictures tell the device registry (contract Q2, Q28): a camera becomes known by its first one; what its
 * headers say is noted then and every 5 s, each picture in between is a sign of life.
 */
import { LRUCache } from 'lru-cache'
import type { Device, DeviceFacts, DeviceId } from '../../../bridge/index.ts'
import type { FacadeDeps } from '../app.ts'
import { UNKNOWN_DEVICE } from './frame-headers.ts'

const REPORT_EVERY_MS = 5_000
const MAX_CAMERAS = 10_000

/** Of a camera that never said it, and of which nobody else did. */
export interface FrameDefaults {
  readonly name: string
  readonly type: string
}

const NO_ADDRESS = '0.0.0.0'

export interface FrameReports {
  /**
   * Asked when a picture arrives; what comes back is called once it is stored, and does not wait. It takes what was
   * found of the picture, which counts more than what the headers say.
   */
  begin(deviceId: DeviceId, facts: DeviceFacts): (found?: Pick<DeviceFacts, 'status'>) => void
}

const withDefaults = (facts: DeviceFacts, defaults: FrameDefaults, known?: Device): DeviceFacts => {
  // Whoever sends no id shares one device with all the others: it is what its last picture says.
  const device = known?.id === UNKNOWN_DEVICE ? undefined : known
  const isNamed = device !== undefined && device.name !== device.id
  return {
    ...facts,
    name: facts.name ?? (isNamed ? undefined : defaults.name),
    type: facts.type ?? (device?.type ? undefined : defaults.type),
    ipAddress: facts.ipAddress ?? (device?.ipAddress ? undefined : NO_ADDRESS),
  }
}

export const createFrameReports = (
  { devices, clock }: Pick<FacadeDeps, 'devices' | 'clock'>,
  defaults: FrameDefaults,
  everyMs: number = REPORT_EVERY_MS,
): FrameReports => {
  const reportedAt = new LRUCache<DeviceId, number>({ max: MAX_CAMERAS })

  /** Looked up while the picture is written. When it cannot be, nothing is filled in over what may be known. */
  const complete = async (deviceId: DeviceId, facts: DeviceFacts): Promise<DeviceFacts> => {
    try {
      return withDefaults(facts, defaults, await devices.get(deviceId))
    } catch {
      return facts
    }
  }

  return {
    begin: (deviceId, facts) => {
      const now = clock()
      const before = reportedAt.get(deviceId)
      if (before !== undefined && Math.abs(now - before) < everyMs) return () => devices.alive(deviceId)
      const completed = complete(deviceId, facts)
      return (found = {}) => {
        reportedAt.set(deviceId, now)
        void completed.then((all) => devices.describe(deviceId, { ...all, ...found }))
      }
    },
  }
}
