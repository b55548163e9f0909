/** On loopback, without credentials: what a proxy beside Sluice hands on is not of this machine. */
import { expect, test } from '@jest/globals'
import mqtt from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { exchange } from '../support/http-exchange.ts'
import { freshDataDir, type Settings, startSluice } from '../support/sluice.ts'

const later = useCleanups()
const PROXIED = { 'X-Forwarded-For': '192.0.2.1' }

const start = async (given: Settings = {}) => {
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const sluice = await startSluice({ DATA_DIR: dataDir, USEDB: 'false', ...given })
  later(() => sluice.end('SIGTERM'))
  const connect = async (headers: Readonly<Record<string, string>>): Promise<void> => {
    const url = `${sluice.http.replace('http', 'ws')}/mqtt`
    const client = await mqtt.connectAsync(url, { wsOptions: { headers }, reconnectPeriod: 0 }, false)
    await client.endAsync()
  }
  const statusOf = async (headers: Readonly<Record<string, string>>) =>
    (await exchange(`${sluice.http}/api/v1/devices`, { headers })).status
  return { sluice, connect, statusOf }
}

test('it is let in without credentials neither over HTTP nor over MQTT, and the log says what to do', async () => {
  const { sluice, connect, statusOf } = await start()
  await connect({})
  await expect(connect(PROXIED)).rejects.toMatchObject({ code: 5 })
  expect([await statusOf({}), await statusOf(PROXIED)]).toEqual([200, 401])
  await eventually(() => sluice.log.filter((line) => JSON.stringify(line).includes('proxy')).length === 2)
  expect(JSON.stringify(sluice.log)).toMatch(/npx sluice device add/)
}, 30_000)

test('with ALLOW_ANONYMOUS=true it is', async () => {
  const { connect, statusOf } = await start({ ALLOW_ANONYMOUS: 'true', HOST: '127.0.0.1' })
  await connect(PROXIED)
  expect(await statusOf(PROXIED)).toBe(200)
}, 30_000)
