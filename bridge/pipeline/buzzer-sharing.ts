/** Tells the other nodes each change of a buzzer, and hears theirs: a board may poll, or ack, at any of them. */
import type { BuzzerState } from '../core/buzzer-state.ts'
import { parseDeviceId } from '../core/device-id.ts'
import type { DeviceId } from '../core/reading.ts'
import type { NodeBus } from '../services.ts'
import type { BuzzerEntry } from './buzzer-table.ts'

export interface BuzzerSharing {
  readonly tell: (entry: BuzzerEntry) => void
  start(learn: (deviceId: DeviceId, heard: BuzzerState) => void): void
  stop(): void
}

const KIND = 'buzzer'

/** Hears nothing before `start`. */
export const createBuzzerSharing = (bus: NodeBus): BuzzerSharing => {
  let end: (() => void) | undefined
  return {
    tell: ({ deviceId, state }) => {
      if (bus.isHeard(KIND)) bus.tell(KIND, JSON.stringify({ deviceId, state }))
    },
    start: (learn) => {
      end ??= bus.listen(KIND, (body) => {
        const { deviceId, state } = JSON.parse(body) as { deviceId: unknown; state: BuzzerState }
        const id = parseDeviceId(deviceId)
        if (id !== undefined) learn(id, state)
      })
    },
    stop: () => end?.(),
  }
}
