/** The list of a thousand devices with their latest values. */
import { startSluice } from '../targets.ts'
import { createAsker } from './ask-http.ts'
import { createHearer } from './hear-http.ts'
import type { HistoryScenario } from './history-scenario.ts'
import { linesOf, timeRuns } from './measure.ts'

const DEVICES = 1_000
const GOAL_MS = 10

export const overview: HistoryScenario = async ({ cleanup, options }) => {
  const sluice = await startSluice(cleanup, options.tempDir, { redisUrl: undefined })
  if (sluice.http === undefined) throw new Error('Sluice speaks no HTTP')
  const { ask, close } = createAsker(sluice.http)
  const ears = createHearer(sluice.http)
  const readings = Array.from({ length: DEVICES }, (_, n) => ({
    ...{
      deviceId: `board-${n}`,
      boot: 'b000',
      seq: 1,
      temperature: 20 + n / 100,
      humidity: 50,
      lightLevel: n,
    },
  }))
  await ask('/api/v1/ingest/sensor-data', JSON.stringify(readings))
  const times = await timeRuns(options.runs, () => ears.hear('/api/v1/overview'))
  const { devices } = JSON.parse(await ask('/api/v1/overview')) as { devices: readonly { latest: unknown }[] }
  close()
  ears.close()
  await sluice.stop()
  const shown = devices.filter(({ latest }) => latest !== null).length
  return {
    title: `GET /api/v1/overview of ${DEVICES.toLocaleString('en-US')} devices`,
    lines: linesOf('HTTP: device list with latest values', times, GOAL_MS),
    problems: shown === DEVICES ? [] : [`${shown} of ${DEVICES} devices were told with their latest values`],
    notes: [],
  }
}
