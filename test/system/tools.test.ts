/** `sluice simulate` and `sluice doctor`, as processes of their own, against the whole program. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { eventually } from '../support/eventually.ts'
import { mosquittoPub } from '../support/mosquitto-clients.ts'
import { runCommand, settingsOf, startCommand } from '../support/run-command.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

jest.setTimeout(60_000)
let sluice: Sluice
let cleanup: () => Promise<void>
beforeAll(async () => {
  const fresh = await freshDataDir()
  cleanup = fresh.cleanup
  sluice = await startSluice({ DATA_DIR: fresh.dataDir })
})
afterAll(async () => {
  await sluice?.end('SIGTERM')
  await cleanup?.()
})

interface Row {
  readonly deviceId: string
  readonly status: string
  readonly wifiRssi: number
}

const listed = async (): Promise<readonly Row[]> => {
  const answer = await fetch(`${sluice.http}/api/v1/devices`)
  return ((await answer.json()) as { readonly devices: readonly Row[] }).devices
}

const jsonOf = async (url: string) =>
  (await (await fetch(url)).json()) as { readonly [field: string]: unknown }

test('simulated boards are there within a second, beep, go offline in order, and can be forgotten', async () => {
  const env = settingsOf(sluice)
  const line = 'simulate --boards 4 --cameras 1 --faulty 2 --clockless 1 --rate 20 --seed 3'
  const running = startCommand(line, env)
  await eventually(async () => (await listed()).length === 8, 20_000)
  await mosquittoPub({ port: sluice.mqttPort, topic: 'buzzer/sim-1/cmd', message: 'ON' })
  await eventually(async () => {
    const answer = await fetch(`${sluice.http}/api/v1/buzzer/status?deviceId=sim-1`)
    return (await answer.text()).includes('completed')
  }, 20_000)
  await eventually(async () => {
    const { data } = await jsonOf(`${sluice.http}/api/v1/system/balance`)
    const { received, deadLettered, remainder } = (data as { total: Record<string, number> }).total
    return Number(received) > 100 && Number(deadLettered) > 0 && remainder === 0
  }, 20_000)
  await eventually(async () => {
    const { data } = await jsonOf(`${sluice.http}/api/v1/stream/frames`)
    return JSON.stringify(data).includes('sim-camera-1')
  }, 20_000)

  running.interrupt()
  const ended = await running.ended
  expect(ended).toMatchObject({ code: 0, out: expect.stringMatching(/^8 boards, .* messages acked, /) })
  expect(ended.out).toContain('buzzer requests answered')
  await eventually(async () => (await listed()).every(({ status }) => status === 'offline'))

  expect(await runCommand('simulate --remove --yes', env)).toMatchObject({
    code: 0,
    out: '8 devices removed\n',
  })
  expect(await listed()).toEqual([])
})

test('the doctor finds every hop of a Sluice that is well, and leaves no device behind', async () => {
  const { code, out } = await runCommand('doctor --json', settingsOf(sluice))
  const hops = out
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as { hop: string; status: string; ms: number | null })
  expect(hops.map(({ hop, status }) => `${hop}: ${status}`)).toEqual([
    'HTTP health: ok',
    'TCP port: ok',
    'MQTT login: ok',
    'ack (on disk): ok',
    'latest over MQTT: ok',
    'MQTT over WebSocket: ok',
    'event WebSocket: ok',
    'row in Postgres: ok',
    'Redis: skipped',
    'clocks: ok',
    'version: ok',
    'disk space: ok',
  ])
  expect(code).toBe(0)
  expect((await listed()).map(({ deviceId }) => deviceId)).not.toContain('sluice-doctor')

  const wrong = await runCommand('doctor --user nobody --password wrong', settingsOf(sluice))
  expect(wrong.code).toBe(1)
  expect(wrong.out).toMatch(/failed {3}MQTT login .*the password is wrong\n +→ see who has credentials/)
  expect(wrong.out).toMatch(/skipped {2}ack \(on disk\) +nobody is logged in over MQTT/)
})
