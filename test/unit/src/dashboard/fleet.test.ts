import { describe, expect, test } from '@jest/globals'
import { effect } from '@preact/signals'
import { createFleet } from '../../../../src/dashboard/fleet.ts'
import { bytes, device, latest } from './devices.ts'

const start = () => {
  const frames: (() => void)[] = []
  const found = { count: 0 }
  const fleet = createFleet({
    schedule: (run) => frames.push(run),
    now: () => 10_000,
    discovered: () => {
      found.count += 1
    },
  })
  const frame = (): void => {
    for (const run of frames.splice(0)) run()
  }
  return { fleet, frame, found }
}
const send = (value: number, ts: number) => bytes(latest(ts, { temperature: value }))

describe('the fleet', () => {
  test('is unknown until the first overview', () => {
    const { fleet, frame } = start()
    fleet.takeLatest('sensors/a/latest', send(1, 1_000))
    frame()
    expect(fleet.ids.value).toBeUndefined()
    fleet.overviewAsked()
    fleet.takeOverview({ now: 1_000, devices: [device('a')] })
    expect(fleet.ids.value).toEqual(['a'])
    expect(fleet.device('a').value?.latest?.values.temperature).toBe(1)
  })

  test('tells a row once a frame, and only of its own device', () => {
    const { fleet, frame } = start()
    fleet.takeOverview({ now: 1_000, devices: [device('a'), device('b')] })
    const drawn = { a: 0, b: 0 }
    for (const id of ['a', 'b'] as const)
      effect(() => {
        drawn[id] += fleet.device(id).value === undefined ? 0 : 1
      })
    for (let i = 1; i <= 50; i++) fleet.takeLatest('sensors/a/latest', send(i, 1_000 + i))
    expect(drawn).toEqual({ a: 1, b: 1 })
    frame()
    expect(drawn).toEqual({ a: 2, b: 1 })
    expect(fleet.device('a').value?.latest?.values.temperature).toBe(50)
  })

  test('tells whoever asks for it of every value, also of those that are not drawn', () => {
    const { fleet } = start()
    fleet.takeOverview({ now: 1_000, devices: [device('a')] })
    const heard: unknown[] = []
    const end = fleet.onLatest(({ latest: told }) => heard.push(told?.values.temperature))
    for (let i = 1; i <= 3; i++) fleet.takeLatest('sensors/a/latest', send(i, 1_000 + i))
    end()
    fleet.takeLatest('sensors/a/latest', send(4, 2_000))
    expect(heard).toEqual([1, 2, 3])
  })

  test('shows a device that is heard of for the first time, and asks for what else is known of it', () => {
    const { fleet, frame, found } = start()
    fleet.takeOverview({ now: 1_000, devices: [] })
    fleet.takeLatest('sensors/new one/latest', send(7, 1_500))
    frame()
    expect(fleet.ids.value).toEqual(['new one'])
    expect(found.count).toBe(1)
  })

  test('does not bring back devices by a status that was left behind', () => {
    const { fleet, frame } = start()
    fleet.takeOverview({ now: 1_000, devices: [] })
    fleet.takeStatus('devices/old/status', bytes({ status: 'offline', at: 5 }))
    frame()
    expect(fleet.ids.value).toEqual([])
  })

  test('follows a status, also the bare word of a will', () => {
    const { fleet, frame } = start()
    fleet.takeOverview({ now: 1_000, devices: [device('a')] })
    fleet.takeStatus('devices/a/status', bytes('offline'))
    frame()
    expect(fleet.device('a').value?.link).toBe('offline')
  })

  test('leaves alone what is no message of Sluice', () => {
    const { fleet, frame } = start()
    fleet.takeOverview({ now: 1_000, devices: [device('a')] })
    const before = fleet.device('a').value
    for (const payload of ['', 'not JSON', '[]', '{"ts":"x"}', 'null']) {
      fleet.takeLatest('sensors/a/latest', bytes(payload))
      fleet.takeStatus('devices/a/status', bytes(payload))
    }
    frame()
    expect(fleet.device('a').value).toBe(before)
  })

  test('forgets everything at a sign-out', () => {
    const { fleet } = start()
    fleet.takeOverview({ now: 1_000, devices: [device('a')] })
    fleet.clear()
    expect([fleet.ids.value, fleet.device('a').value, fleet.all()]).toEqual([undefined, undefined, []])
  })
})
