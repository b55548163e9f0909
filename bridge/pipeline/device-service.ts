/** The registry as the outside sees it: what REST clients and frames say of devices, and commands to them. */
import type { DeviceId } from '../core/reading.ts'
import { topics } from '../core/topic.ts'
import type { BridgeEmitter } from '../events.ts'
import type { Clock, Publisher } from '../ports.ts'
import type { DeviceService } from '../services.ts'
import { storableFacts } from './device-facts.ts'
import {
  createDeviceOverview,
  type DeviceOverviewDeps,
  type DeviceOverviewOptions,
} from './device-overview.ts'
import type { DeviceRegistry } from './device-registry.ts'

export interface DeviceServiceDeps {
  readonly registry: Pick<
    DeviceRegistry,
    'list' | 'get' | 'counts' | 'has' | 'register' | 'heartbeat' | 'alive' | 'describe' | 'remove' | 'stats'
  >
  readonly latest: DeviceOverviewDeps['latest']
  readonly frames: DeviceOverviewDeps['frames']
  readonly publisher: Publisher
  readonly events: BridgeEmitter
  readonly clock: Clock
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
}

/** The service over one registry. */
export const createDeviceService = (
  deps: DeviceServiceDeps,
  options: DeviceOverviewOptions = {},
): DeviceService => {
  const { registry, publisher, events, clock } = deps

  /** A device that was heard of since the start is known, also while its row cannot be read. */
  const isKnown = async (deviceId: DeviceId): Promise<boolean> => {
    try {
      return (await registry.get(deviceId)) !== undefined
    } catch (error) {
      if (registry.has(deviceId)) return true
      throw error
    }
  }

  return {
    list: registry.list,
    get: registry.get,
    counts: registry.counts,
    ...createDeviceOverview(deps, options),
    register: registry.register,
    heartbeat: async (heartbeat) =>
      (await isKnown(heartbeat.deviceId)) ? registry.heartbeat(heartbeat) : undefined,
    remove: async (deviceId) => {
      const isKnown = await registry.remove(deviceId)
      for (const topic of [topics.latest(deviceId), topics.status(deviceId)])
        publisher.publish(topic, '', { retain: true })
      return isKnown
    },
    alive: (deviceId) => registry.alive(deviceId, clock()),
    describe: (deviceId, facts) => {
      try {
        registry.describe(deviceId, storableFacts(facts))
      } catch (error) {
        // The registry is full while it cannot be written: the next frame says it again.
        events.emit('devices:failed', { error })
      }
    },
    command: async (deviceId, command) => {
      let sent = false
      try {
        if (!(await isKnown(deviceId))) return false
        publisher.publish(topics.deviceCommand(deviceId), JSON.stringify(command), { qos: 1 })
        sent = true
        return true
      } finally {
        events.emit('device:commanded', { deviceId, sent })
      }
    },
  }
}
