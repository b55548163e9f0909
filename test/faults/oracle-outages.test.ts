import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test } from '@jest/globals'
import type { Fault } from '../oracle/fault.ts'
import { playFaults, playShort } from '../oracle/play-short.ts'
import { OUTAGES } from '../oracle/short-form.ts'
import { eventually } from '../support/eventually.ts'

test('whatever Sluice stands on goes away, whatever was acked is one row, and the balance sheet sums', async () => {
  const { outcome, failure } = await playShort(OUTAGES)
  expect(failure).toBe('')
  expect(new Set(outcome.faults.map(({ kind }) => kind))).toEqual(new Set(OUTAGES.kinds))
  expect(outcome.acked).toBeGreaterThan(1_000)
}, 180_000)

/** One row goes, one comes twice, one is changed, one is made up; a dead letter goes. */
const TAMPERING = [
  `DELETE FROM sensor_data WHERE device_id = 'qos1-0' AND seq = 2`,
  `INSERT INTO sensor_data SELECT * FROM sensor_data WHERE device_id = 'qos1-1' AND seq = 3`,
  `UPDATE sensor_data SET humidity = humidity + 0.001 WHERE device_id = 'qos2-4' AND seq = 4`,
  `INSERT INTO sensor_data (device_id, boot, seq, ts, received_at, ts_source)
    VALUES ('qos1-0', 'nobody', 1, now(), now(), 'server')`,
  `DELETE FROM dead_letters WHERE id = (SELECT min(id) FROM dead_letters WHERE device_id = 'qos1-0')`,
]

const tamper: Fault = {
  name: 'tamper',
  kind: 'postgres',
  lastsMs: 1_000,
  mayLose: false,
  run: async ({ pool }) => {
    for (const sql of TAMPERING) await eventually(async () => (await pool.query(sql)).rowCount === 1, 30_000)
  },
}

test('the oracle sees every row that is not what it should be, and that the balance sheet does not tell of it', async () => {
  const { outcome } = await playFaults({ seed: 1, lengthMs: 2_000, faults: [tamper] })
  if (outcome.kept !== null) await rm(dirname(outcome.kept), { recursive: true })
  expect([...outcome.problems].sort()).toEqual([
    expect.stringMatching(/^balance: dead-lettered is /),
    expect.stringMatching(/^balance: stored is /),
    expect.stringMatching(/^changed: qos2-4 .* 4: humidity is /),
    expect.stringMatching(/^doubled: qos1-1 .* 3 is 2 rows/),
    expect.stringMatching(/^foreign row: nobody sent qos1-0 nobody 1$/),
    expect.stringMatching(/^lost dead letter of qos1-0, PUBACK at /),
    expect.stringMatching(/^lost: qos1-0 boot .* seq 2, PUBACK at /),
  ])
}, 180_000)
