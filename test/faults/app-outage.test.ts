/** The app while the database is away: what repeats gets through, what does not says so, and boards notice nothing. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { createApp } from '../support/app-screens.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { startSensor } from '../support/sensor-sketch.ts'
import { freshDataDir, startSluice } from '../support/sluice.ts'

const later = useCleanups()

const SENSOR = 'esp32-multi-sensor-1'

/** A Postgres that is down, and whose address is known. */
const stoppedPostgres = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-pg-'))
  later(() => rm(folder, { recursive: true, force: true }))
  const postgres = createEmbeddedPostgres({ dataDir: folder })
  later(postgres.stop)
  const { url } = await postgres.start()
  await postgres.stop()
  return { postgres, url }
}

test('the Sensors tab repeats what an outage refused, and shows the board once it is over', async () => {
  const { postgres, url } = await stoppedPostgres()
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const sluice = await startSluice({ DATA_DIR: dataDir, DATABASE_URL: url })
  later(() => sluice.end('SIGTERM'))
  const sensor = startSensor({ http: sluice.http, deviceId: SENSOR })
  later(sensor.stop)
  await eventually(() => sensor.readings > 1, 10_000)

  const pauses: number[] = []
  const app = createApp(sluice.http, async (ms) => {
    pauses.push(ms)
    if (pauses.length === 1) {
      await expect(app.devices.cards()).rejects.toThrow('Request failed with status code 503')
      return
    }
    if (pauses.length === 2) await postgres.start()
    await eventually(async () => (await fetch(`${sluice.http}/api/v1/devices`)).status === 200, 30_000)
  })
  const listed = await app.sensors.list()

  expect(listed.map(({ deviceId, deviceName }) => [deviceId, deviceName])).toEqual([
    [SENSOR, 'Lab Sensor Unit'],
  ])
  expect(pauses).toEqual([2_000, 4_000])
  expect(app.repeats).toEqual(['GET /api/v1/devices: 503', 'GET /api/v1/devices: 503'])
  const readings = await eventually(async () => {
    const shown = await app.sensors.readings(SENSOR)
    return shown.length > 2 && shown
  }, 10_000)
  expect(readings.map(({ timestamp }) => timestamp)).toEqual(
    readings.map(({ timestamp }) => timestamp).toSorted((a, b) => b - a),
  )
  // The user presses it again until it works: the Devices tab repeats nothing by itself.
  const ping = () => app.devices.ping(SENSOR)
  await eventually(
    () =>
      ping().then(
        () => true,
        () => false,
      ),
    30_000,
  )
  await eventually(() => sensor.beeps.length === 1, 10_000)
  await sensor.stop()
  expect(sensor.failures).toEqual([])
}, 60_000)
