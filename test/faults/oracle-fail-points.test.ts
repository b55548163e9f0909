/** That the fail points of the oracle are where their names say: seen in the spool, in Postgres and by the board. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createLevelSpool } from '../../bridge/index.ts'
import { createWorld } from '../oracle/make-world.ts'
import type { FailPoint, World } from '../oracle/world.ts'
import { connectBoard } from '../support/boards.ts'
import { useCleanups } from '../support/cleanups.ts'
import { createDeferred, type Deferred } from '../support/deferred.ts'

const later = useCleanups()

interface Found {
  /** Readings of the board in the files of the spool. */
  readonly spooled: number
  /** Readings of the board in the table. */
  readonly stored: number
  readonly cursor: number
}

/** In a copy of the files: the spool itself is not touched. */
const spooledOf = async (world: World, deviceId: string): Promise<number> => {
  const copy = await mkdtemp(join(tmpdir(), 'sluice-spool-copy-'))
  await cp(join(world.dataDir, 'spool'), copy, { recursive: true })
  const spool = createLevelSpool({ clock: Date.now }, { folder: copy })
  await spool.open()
  try {
    let lines = 0
    for await (const { readings } of spool.entries(0))
      lines += Buffer.from(readings).toString('utf8').split(`${deviceId}\t`).length - 1
    return lines
  } finally {
    await spool.close()
    await rm(copy, { recursive: true })
  }
}

const committedOf = async ({ pool }: World, deviceId: string): Promise<Omit<Found, 'spooled'>> => {
  const { rows } = await pool.query(
    `SELECT (SELECT count(*) FROM sensor_data WHERE device_id = $1)::float8 AS stored,
      (SELECT coalesce(max("offset"), 0) FROM ingest_cursor)::float8 AS cursor`,
    [deviceId],
  )
  return rows[0]
}

const find = async (world: World, deviceId: string): Promise<Found> => ({
  spooled: await spooledOf(world, deviceId),
  ...(await committedOf(world, deviceId)),
})

/** A world in which Sluice, once dead at a fail point, stays dead until it was looked at. */
const worldToLookAt = async () => {
  let look: Deferred<void> = createDeferred()
  let looked: Deferred<void> = createDeferred()
  const world = await createWorld({
    atFailPoint: async () => {
      look.resolve()
      await looked.promise
    },
  })
  later(world.close)
  /** A board publishes, one reading at a time unacked, until Sluice dies at the point. */
  const dieAt = async (point: FailPoint) => {
    const deviceId = `at-${point.name}`
    world.sluice.signal('SIGTERM')
    await world.sluice.ended
    const before = (await committedOf(world, deviceId)).cursor
    look = createDeferred()
    looked = createDeferred()
    await world.sluice.start(point)
    const board = await connectBoard({ port: world.mqttPort, deviceId, window: 1 })
    later(board.close)
    board.start()
    const { signal } = await world.sluice.ended
    await look.promise
    const acked = board.acked.length
    const found = await find(world, deviceId)
    looked.resolve()
    await world.sluice.start()
    await board.stop()
    await board.close()
    return { ...found, acked, signal, moved: found.cursor !== before }
  }
  return dieAt
}

test('Sluice dies where each fail point says', async () => {
  const dieAt = await worldToLookAt()

  // The reading is nowhere, or it is durable: either way it was not acked.
  const beforeFsync = await dieAt({ name: 'before-fsync', after: 7 })
  expect(beforeFsync).toMatchObject({ signal: 'SIGKILL', spooled: 6, acked: 6 })
  const afterFsync = await dieAt({ name: 'after-fsync', after: 7 })
  expect(afterFsync).toMatchObject({ signal: 'SIGKILL', spooled: 7, acked: 6 })

  // Nothing is committed, and the spool has every reading.
  for (const name of ['in-copy', 'before-commit'] as const) {
    const { spooled, acked, ...rest } = await dieAt({ name, after: 1 })
    expect(rest).toMatchObject({ signal: 'SIGKILL', stored: 0, moved: false })
    expect(spooled).toBeGreaterThanOrEqual(Math.max(acked, 1))
  }

  // Rows and cursor are committed together, and the spool has the rows still.
  for (const name of ['after-commit', 'before-trim'] as const) {
    const { spooled, acked, stored, ...rest } = await dieAt({ name, after: 1 })
    expect(rest).toMatchObject({ signal: 'SIGKILL', moved: true })
    expect(stored).toBeGreaterThan(0)
    expect(spooled).toBeGreaterThanOrEqual(Math.max(acked, stored))
  }
}, 180_000)
