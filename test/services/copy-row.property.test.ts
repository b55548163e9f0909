import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { DeadLetter } from '../../bridge/core/copy-row.ts'
import type { JsonValue, Reading } from '../../bridge/core/reading.ts'
import { REJECTION_REASONS } from '../../bridge/core/rejection.ts'
import { createPostgresDeadLetters } from '../../bridge/stores/postgres-dead-letters.ts'
import { batchOf, id } from '../contracts/sink-rows.ts'
import {
  type MigratedDatabase,
  migratedDatabase,
  sinkInto,
  storedReadings,
} from '../support/postgres-stores.ts'

const SAMPLES = 3_000

/** Well-formed text without U+0000, which the core has replaced; heavy on what COPY and JSON escape. */
const text = fc
  .string({
    unit: fc.oneof(
      {
        arbitrary: fc.constantFrom(
          '\t',
          '\n',
          '\r',
          '\\',
          '\\N',
          '\\.',
          '"',
          "'",
          '\b',
          '\v',
          '\x01',
          '\x7f',
          'N',
          '.',
        ),
        weight: 3,
      },
      { arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), weight: 2 },
      { arbitrary: fc.constantFrom('é', '☃', '🛰', '\ufeff', '\u2028', '\uffff', '\u{10ffff}'), weight: 1 },
    ),
    maxLength: 40,
  })
  .map((value) => value.replaceAll('\0', '\ufffd'))

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 5e-324, -5e-324, Number.MAX_VALUE, 1e21, 1e-7, 123456789012345680000, 0.1 + 0.2),
)

/** What JSON.stringify leaves of a number: -0 is 0. */
const plain = (value: number): number => (value === 0 ? 0 : value)

const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(text, number.map(plain), fc.boolean(), fc.constant(null)),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(text, tie('json'), { maxKeys: 4 }),
  ),
}))

const moment = fc.integer({ min: Date.UTC(2026, 9, 1), max: Date.UTC(2026, 11, 31) })
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 4 })
const metric = maybe(number)

const readings: fc.Arbitrary<Reading> = fc.record({
  deviceId: text.filter((value) => value !== '').map(id),
  ts: moment,
  receivedAt: moment,
  tsSource: fc.constantFrom('device', 'derived', 'server'),
  uptimeMs: metric,
  boot: maybe(text),
  seq: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  temperature: metric,
  humidity: metric,
  distance: metric,
  lightLevel: maybe(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  pressure: metric,
  altitude: metric,
  co2Level: metric,
  custom: maybe(fc.dictionary(text, json, { maxKeys: 6 })),
})

const letters: fc.Arbitrary<DeadLetter> = fc.record({
  receivedAt: moment,
  topic: text,
  clientId: maybe(text),
  deviceId: maybe(text.map(id)),
  reason: fc.constantFrom(...REJECTION_REASONS),
  detail: text,
  payload: fc.uint8Array({ maxLength: 100 }),
})

const noNegativeZero = (reading: Reading): Reading =>
  Object.fromEntries(
    Object.entries(reading).map(([key, value]) => [key, typeof value === 'number' ? plain(value) : value]),
  ) as unknown as Reading

describe('COPY rows through a real Postgres', () => {
  let database: MigratedDatabase
  beforeAll(async () => {
    database = await migratedDatabase()
    await database.partitions.ensureFor([Date.UTC(2026, 9, 1), Date.UTC(2026, 11, 31)])
  })
  afterAll(() => database.drop())

  test('any reading comes back equal', async () => {
    // A seq of its own finds each one again.
    const sent = fc
      .sample(readings, SAMPLES)
      .map((reading, n) => ({ ...reading, seq: Number.MAX_SAFE_INTEGER - n }))
    const sink = sinkInto(database)
    try {
      await sink.store(batchOf('readings', 0, SAMPLES, { readings: sent }))
    } finally {
      await sink.close()
    }
    const stored = new Map((await storedReadings(database)).map((reading) => [reading.seq, reading]))
    expect(stored.size).toBe(SAMPLES)
    for (const reading of sent) expect(stored.get(reading.seq)).toEqual(noNegativeZero(reading))
  })

  test('any dead letter comes back equal', async () => {
    const sent = fc.sample(letters, 500).map((letter, n) => ({ ...letter, detail: `${n} ${letter.detail}` }))
    const sink = sinkInto(database)
    try {
      await sink.store(batchOf('letters', 0, 500, { deadLetters: sent }))
    } finally {
      await sink.close()
    }
    const stored = await createPostgresDeadLetters(database.pool).list({ limit: 1_000 })
    const byDetail = new Map(stored.map(({ id: _, ...letter }) => [letter.detail, letter]))
    expect(byDetail.size).toBe(500)
    for (const letter of sent) {
      expect(byDetail.get(letter.detail)).toEqual({ ...letter, payload: Buffer.from(letter.payload) })
    }
  })

  test('what Postgres cannot hold is replaced, not refused', async () => {
    const [sample] = fc.sample(readings, 1)
    const ill = { ...(sample as Reading), deviceId: id('ill'), boot: 'a\0b\ud800', ts: Date.UTC(2026, 10, 1) }
    const sink = sinkInto(database)
    try {
      await sink.store({
        ...batchOf('ill', 0, 1, { readings: [ill] }),
      })
    } finally {
      await sink.close()
    }
    const stored = (await storedReadings(database)).find((reading) => reading.deviceId === 'ill')
    expect(stored?.boot).toBe('a\ufffdb\ufffd')
  })
})
