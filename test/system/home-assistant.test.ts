/** What a Home Assistant at the broker sees: real clients, the whole program. */
import { expect, jest, test } from '@jest/globals'
import mqtt from 'mqtt'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { mosquittoPub, mosquittoSub } from '../support/mosquitto-clients.ts'
import { runCommand, settingsOf } from '../support/run-command.ts'
import { freshDataDir, type Sluice, startSluice } from '../support/sluice.ts'

jest.setTimeout(60_000)
const later = useCleanups()

const send = ({ mqttPort: port }: Sluice, topic: string, message: string): Promise<void> =>
  mosquittoPub({ port, topic, message })

const END = 'homeassistant/zzz'

/** Everything that is retained under `homeassistant/`, by topic. */
const retained = async (sluice: Sluice): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>()
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${sluice.mqttPort}`)
  try {
    let ends = 0
    client.on('message', (topic, payload) => {
      if (topic === END) ends += 1
      else found.set(topic, payload.toString())
    })
    await client.publishAsync(END, 'x', { qos: 1, retain: true })
    // Each SUBSCRIBE is answered with all that is retained, in whatever order: behind the third nothing is left of the first.
    for (const round of [1, 2, 3]) {
      await client.subscribeAsync('homeassistant/#')
      await eventually(() => ends >= round)
      await client.unsubscribeAsync('homeassistant/#')
    }
  } finally {
    await client.endAsync()
  }
  return found
}

interface Config {
  readonly dev: { readonly ids: readonly string[]; readonly name: string }
  readonly o: { readonly name: string; readonly sw: string }
  readonly avty_t: string
  readonly cmps: { readonly [name: string]: { readonly [option: string]: string } }
}

const PORCH = 'homeassistant/device/sluice_porch/config'

test('Home Assistant is told of every device, its button reaches the board, and what is gone is taken back', async () => {
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  let sluice = await startSluice({ DATA_DIR: dataDir, HA_DISCOVERY: 'true' })
  later(() => sluice.end('SIGTERM'))
  expect((await runCommand('device add porch --json', settingsOf(sluice))).code).toBe(0)
  const seen = mosquittoSub(sluice.mqttPort, 'homeassistant/#')
  later(seen.end)
  await seen.subscribed

  await send(sluice, 'devices/porch/register', '{"deviceName":"Front porch","deviceType":"esp32"}')
  await send(sluice, 'sensors/hall ü/data', '{"temperature":21.5,"battery":3.9,"label":"x"}')
  const configs = await eventually(async () => {
    const found = await retained(sluice)
    return found.size === 2 && found
  })
  for (const [topic, text] of configs) {
    const { dev, o, avty_t: availability, cmps } = JSON.parse(text) as Config
    expect(topic).toMatch(/^homeassistant\/device\/[a-zA-Z0-9_-]+\/config$/)
    expect([dev.ids.length, o.name]).toEqual([1, 'Sluice'])
    expect(availability).toMatch(/^devices\/.+\/status$/)
    for (const { p, uniq_id: id, stat_t: state, cmd_t: command } of Object.values(cmps)) {
      expect(id).toMatch(/^sluice_/)
      expect(p === 'sensor' ? state : command).toBeDefined()
    }
  }
  const hall = [...configs.values()]
    .map((text) => JSON.parse(text) as Config)
    .find(({ dev }) => dev.name === 'hall ü')
  expect(Object.keys(hall?.cmps ?? {})).toEqual(['metric_temperature', 'key_battery', 'buzzer'])

  // A board that listens, and the press as Home Assistant sends it.
  const { cmps } = JSON.parse(configs.get(PORCH) ?? '') as Config
  const board = mosquittoSub(sluice.mqttPort, 'buzzer/porch/cmd')
  later(board.end)
  await board.subscribed
  await send(sluice, cmps.buzzer?.cmd_t ?? '', cmps.buzzer?.pl_prs ?? '')
  await eventually(() => board.received.some((text) => text.includes('"requestId":')))

  const before = seen.received.length
  await send(sluice, 'homeassistant/status', 'online')
  await eventually(() => seen.received.slice(before).some((text) => text.startsWith(PORCH)), 10_000)

  expect((await runCommand('device rm porch --yes', settingsOf(sluice))).code).toBe(0)
  await eventually(() => seen.received.includes(`${PORCH} `), 10_000)
  expect([...(await retained(sluice)).keys()]).toHaveLength(1)
  const known = await (await fetch(`${sluice.http}/api/v1/devices`)).text()
  expect(known).not.toContain('porch')

  await sluice.end('SIGTERM')
  sluice = await startSluice({ DATA_DIR: dataDir })
  expect((await retained(sluice)).size).toBe(0)
})
