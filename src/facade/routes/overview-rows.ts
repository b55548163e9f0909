import { type DeviceSummary, deviceLink, shownStatus, shownType } from '../../../bridge/index.ts'
import type { OverviewRow } from '../contract/overview.ts'

/** The registry counts what a device never said as 0. */
const said = (value: number): number | null => (value === 0 ? null : value)

/** A device as the dashboard lists it. */
export const overviewRowOf = ({ device, latest, frame }: DeviceSummary, now: number): OverviewRow => ({
  deviceId: device.id,
  name: device.name === '' ? device.id : device.name,
  // As it registered: the app of the older backend alone needs a type that its screen can sort.
  type: device.type ?? shownType(device),
  status: shownStatus(device, now),
  link: deviceLink(device, now),
  lastSeen: device.lastSeen,
  wifiRssi: said(device.wifiRssi),
  uptimeMs: said(device.uptimeMs),
  freeHeap: said(device.freeHeap),
  latest: latest
    ? { ts: latest.ts, receivedAt: latest.receivedAt, values: latest.values, custom: latest.custom }
    : null,
  frameAt: frame?.at ?? null,
})
