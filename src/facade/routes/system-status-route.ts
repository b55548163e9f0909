import { availableParallelism, loadavg } from 'node:os'
import { type DeviceCounts, shownStatus } from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { countCommands } from '../command-counts.ts'
import { errorAnswer } from '../contract/answers.ts'
import { systemStatusAnswer } from '../contract/system.ts'

/** As the list of devices, whose rows `devicesOnline` and `devicesTotal` count (contract 3.20). */
const MAX_LISTED = 100

const totalOf = (counts: DeviceCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** Waiting and running processes a core over the last minute, as a share: 1 is as much as it can do. */
const systemLoad = (): number => {
  const [lastMinute = 0] = loadavg()
  return Math.round(Math.min(1, lastMinute / availableParallelism()) * 100) / 100
}

/**
 * `GET /api/v1/system/status`: the numbers of the app's first screen. In an outage of the database the devices are
 * counted from memory and `backendConnected` is false.
 */
export const systemStatusRoute = (app: FacadeApp, { devices, events, health, clock }: FacadeDeps): void => {
  const commands = countCommands(events)
  app.addHook('onClose', async () => commands.close())
  const schema = { response: { 200: systemStatusAnswer, '5xx': errorAnswer } }
  app.get('/system/status', { schema }, async () => {
    const [listed, counts, { parts }] = await Promise.all([
      devices.list(MAX_LISTED),
      devices.counts(),
      health(),
    ])
    const now = clock()
    const isOnline = (status: string): boolean => status === 'online' || status === 'warning'
    return {
      success: true as const,
      status: {
        devicesOnline: listed.filter((device) => isOnline(shownStatus(device, now))).length,
        devicesTotal: listed.length,
        systemUptime: Math.floor(process.uptime()),
        backendConnected: parts.database?.ok ?? true,
        lastBackendSync: now,
        totalCommandsSent: commands.sent,
        totalCommandsFailed: commands.failed,
        systemLoad: systemLoad(),
        devicesKnown: totalOf(counts),
      },
    }
  })
}
