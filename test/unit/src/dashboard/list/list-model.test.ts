import { describe, expect, test } from '@jest/globals'
import { createListModel, type ListSettings } from '../../../../../src/dashboard/list/list-model.ts'
import { metricColumns } from '../../../../../src/dashboard/list/metric-columns.ts'
import { DEFAULT_SORT, rememberedSort, rememberSort } from '../../../../../src/dashboard/list/remembered.ts'
import { device, latest } from '../devices.ts'

const NOW = 2_000
const SETTINGS: ListSettings = { filter: { search: '', link: 'all' }, sort: DEFAULT_SORT, metrics: 2 }
const FLEET = [
  device('b', { latest: latest(1, { temperature: 1, humidity: 2 }) }),
  device('a', { latest: latest(1, { temperature: 1, pressure: 3 }, { battery: 4, note: 'x' }) }),
  device('c', { latest: latest(1, { temperature: 1, humidity: 2 }) }),
]

describe('what the list shows', () => {
  test('is the same object as before where nothing has changed', () => {
    const model = createListModel()
    const before = model(FLEET, SETTINGS, NOW)
    const after = model(
      FLEET.map((one) => ({ ...one, lastSeen: NOW })),
      SETTINGS,
      NOW,
    )
    expect(before.ids).toEqual(['a', 'b', 'c'])
    expect(after.ids).toBe(before.ids)
    expect(after.metrics).toBe(before.metrics)
  })

  test('follows a new name', () => {
    const model = createListModel()
    model(FLEET, SETTINGS, NOW)
    const renamed = FLEET.map((one) => (one.deviceId === 'a' ? { ...one, name: 'zebra' } : one))
    expect(model(renamed, SETTINGS, NOW).ids).toEqual(['b', 'c', 'a'])
  })

  test('counts all devices, also those the search leaves out', () => {
    const found = createListModel()(FLEET, { ...SETTINGS, filter: { search: 'b', link: 'all' } }, NOW)
    expect([found.ids, found.counts.all]).toEqual([['b'], 3])
  })

  test('says whether something has no column', () => {
    expect(createListModel()(FLEET, SETTINGS, NOW).hasOthers).toBe(true)
    expect(createListModel()(FLEET, { ...SETTINGS, metrics: 4 }, NOW).hasOthers).toBe(false)
  })
})

describe('the columns', () => {
  test('are the metrics that most devices send, known ones first', () => {
    expect(metricColumns(FLEET, 2)).toEqual(['temperature', 'humidity'])
    expect(metricColumns(FLEET, 9)).toEqual(['temperature', 'humidity', 'pressure', 'battery'])
    expect(metricColumns([], 3)).toEqual([])
  })
})

describe('the order of the last visit', () => {
  const storage = (text: string | null) => {
    let kept = text
    return {
      getItem: () => kept,
      setItem: (_key: string, value: string) => {
        kept = value
      },
    }
  }

  test('is remembered', () => {
    const place = storage(null)
    rememberSort(place, { key: 'metric:temperature', descending: true })
    expect(rememberedSort(place)).toEqual({ key: 'metric:temperature', descending: true })
  })

  test.each([null, '', '{', '7', '{"key":"colour","descending":true}', '{"key":"name"}'])(
    'is by name when %j is kept',
    (text) => {
      expect(rememberedSort(storage(text))).toEqual(DEFAULT_SORT)
    },
  )

  test('a browser that keeps nothing is no trouble', () => {
    const refuse = (): never => {
      throw new Error('not allowed')
    }
    rememberSort({ setItem: refuse }, DEFAULT_SORT)
    expect(rememberedSort({ getItem: refuse })).toEqual(DEFAULT_SORT)
  })
})
