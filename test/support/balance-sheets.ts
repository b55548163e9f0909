/** Balance sheets made up by tests. */
import type { BalanceService, CheckedBalance, DeviceBalance, DeviceId, Reading } from '../../bridge/index.ts'

/** A sheet of these figures, its remainder whatever they leave. */
export const sheetOf = (fields: Partial<CheckedBalance> = {}): CheckedBalance => {
  const balance = {
    ...{ received: 0, stored: 0, spooled: 0, inFlight: 0, deduplicated: 0, deadLettered: 0, dropped: {} },
    ...fields,
  }
  const { received, stored, spooled, inFlight, deduplicated, deadLettered, dropped } = balance
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0)
  const places = stored + spooled + inFlight + deduplicated + deadLettered + lost
  return { ...balance, remainder: fields.remainder ?? received - places }
}

/** The balance of a store that has whatever was received. */
export const balanceOfStored = (stored: ReadonlyMap<DeviceId, readonly Reading[]>): BalanceService => {
  const sheetFor = (count: number): CheckedBalance => sheetOf({ received: count, stored: count })
  const device = (deviceId: DeviceId): DeviceBalance | undefined => {
    const readings = stored.get(deviceId)
    return readings && { deviceId, ...sheetFor(readings.length), sequence: null, clock: null }
  }
  return {
    total: () => sheetFor([...stored.values()].flat().length),
    devices: (limit) =>
      [...stored.keys()]
        .flatMap((id) => device(id) ?? [])
        .sort((a, b) => b.received - a.received)
        .slice(0, limit),
    device,
  }
}
