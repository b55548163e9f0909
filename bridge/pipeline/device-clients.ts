/**
 * Which MQTT client speaks for which device. A board's client id need not be its device id, and a gateway
 * speaks for many; so a link is made by the first message of a client about a device, and ends with the
 * client's connection. A client whose id is that of a known device is linked from its CONNECT on.
 */
import type { DeviceId } from '../core/reading.ts'

export interface DeviceClients {
  /** A client speaks for a device now. Cheap when the link is known. */
  speaks(clientId: string, deviceId: DeviceId): void
  /** A client speaks for it now. */
  has(deviceId: DeviceId): boolean
  /** The client's connection ended. */
  gone(clientId: string): void
  /** The client is connected to another node, which speaks for its devices now. */
  moved(clientId: string): void
}

/** A gateway past this many devices is linked to no more of them: they are known by their readings alone. */
const MAX_DEVICES_OF_A_CLIENT = 10_000

/** No links yet. */
export const createDeviceClients = (listener: {
  readonly connected: (deviceId: DeviceId) => void
  readonly disconnected: (deviceId: DeviceId) => void
}): DeviceClients => {
  const devicesOf = new Map<string, Set<DeviceId>>()
  const speakerOf = new Map<DeviceId, string>()

  const end = (clientId: string, isOver: boolean): void => {
    const devices = devicesOf.get(clientId)
    if (devices === undefined) return
    devicesOf.delete(clientId)
    for (const deviceId of devices) {
      // A board that came back under another client id has a newer speaker: this end is not its own.
      if (speakerOf.get(deviceId) !== clientId) continue
      speakerOf.delete(deviceId)
      if (isOver) listener.disconnected(deviceId)
    }
  }

  return {
    speaks: (clientId, deviceId) => {
      let devices = devicesOf.get(clientId)
      const known = devices?.has(deviceId) === true
      // A known link counts again once another speaker has come and gone.
      if (known && speakerOf.has(deviceId)) return
      if (devices === undefined) {
        devices = new Set()
        devicesOf.set(clientId, devices)
      }
      if (!known && devices.size >= MAX_DEVICES_OF_A_CLIENT) return
      devices.add(deviceId)
      speakerOf.set(deviceId, clientId)
      listener.connected(deviceId)
    },
    has: (deviceId) => speakerOf.has(deviceId),
    gone: (clientId) => end(clientId, true),
    moved: (clientId) => end(clientId, false),
  }
}
