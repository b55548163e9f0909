import { availableParallelism, loadavg } from 'node:os'
import type { DeviceCounts } from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { countCommands } from '../command-counts.ts'
import { errorAnswer } from '../contract/answers.ts'
import { systemStatusAnswer } from '../contract/system.ts'

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
    const [counts, { parts }] = await Promise.all([devices.counts(), health()])
    return {
      success: true as const,
      status: {
        devicesOnline: counts.online + counts.warning,
        devicesTotal: totalOf(counts),
        systemUptime: Math.floor(process.uptime()),
        backendConnected: parts.database?.ok ?? true,
        lastBackendSync: clock(),
        totalCommandsSent: commands.sent,
        totalCommandsFailed: commands.failed,
        systemLoad: systemLoad(),
      },
    }
  })
}
