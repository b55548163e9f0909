/** The registry as the outside sees it: what REST clients and frames say of devices, and commands to them. */
import type { DeviceId } from '../core/reading.ts'
import { topics } from '../core/topic.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, Publisher } from '../ports.ts'
import type { DeviceService } from '../services.ts'
import type { DeviceRegistry } from './device-registry.ts'

export interface DeviceServiceDeps {
  readonly registry: DeviceRegistry
  readonly publisher: Publisher
  readonly events: BridgeEmitter
  readonly clock: Clock
}

/** The service over one registry. */
export const createDeviceService = (deps: DeviceServiceDeps): DeviceService => {
  const { registry, publisher, events, clock } = deps
  return {
    list: registry.list,
    get: registry.get,
    register: registry.register,
    heartbeat: async (heartbeat) =>
      (await registry.get(heartbeat.deviceId)) === undefined ? undefined : registry.heartbeat(heartbeat),
    alive: (deviceId) => registry.alive(deviceId, clock()),
    describe: (deviceId, facts) => {
      try {
        registry.describe(deviceId, facts)
      } catch (error) {
        // The registry is full while it cannot be written: the next frame says it again.
        events.emit('devices:failed', { error })
      }
    },
    command: async (deviceId: DeviceId, command) => {
      if ((await registry.get(deviceId)) === undefined) return false
      publisher.publish(topics.deviceCommand(deviceId), JSON.stringify(command), { qos: 1 })
      return true
    },
  }
}
