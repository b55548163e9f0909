/**
 * What nodes tell each other of devices: the rows that one of them wrote, which hold signs of life and connections,
 * and what a device said of itself, at once, for every node writes whole rows and must not undo it.
 */
import type { Device } from '../core/device.ts'
import type { DeviceId } from '../core/reading.ts'
import type { DeviceFacts, NodeBus } from '../services.ts'
import type { Registration } from './device-updates.ts'

export interface SaidElsewhere {
  readonly deviceId: DeviceId
  readonly registration?: Registration
  readonly facts?: DeviceFacts
}

export interface DeviceSharing {
  readonly tellWritten: (devices: readonly Device[]) => void
  tellSaid(said: SaidElsewhere): void
  tellRemoved(deviceId: DeviceId): void
  start(hearers: {
    readonly learn: (devices: readonly Device[]) => void
    readonly hear: (said: SaidElsewhere) => void
    readonly removed: (deviceId: DeviceId) => void
  }): void
  stop(): void
}

const WRITTEN = 'devices'
const SAID = 'device-said'
const REMOVED = 'device-removed'

/** Hears nothing before `start`. */
export const createDeviceSharing = (bus: NodeBus): DeviceSharing => {
  let ends: readonly (() => void)[] = []
  const tell = (kind: string, value: object): void => {
    if (bus.isHeard(kind)) bus.tell(kind, JSON.stringify(value))
  }
  return {
    tellWritten: (devices) => tell(WRITTEN, devices),
    tellSaid: (said) => tell(SAID, said),
    tellRemoved: (deviceId) => tell(REMOVED, { deviceId }),
    start: ({ learn, hear, removed }) => {
      if (ends.length > 0) return
      ends = [
        bus.listen(WRITTEN, (body) => learn(JSON.parse(body) as readonly Device[])),
        bus.listen(SAID, (body) => hear(JSON.parse(body) as SaidElsewhere)),
        bus.listen(REMOVED, (body) =>
          removed((JSON.parse(body) as { readonly deviceId: DeviceId }).deviceId),
        ),
      ]
    },
    stop: () => {
      for (const end of ends) end()
    },
  }
}
