import { describe, expect, test } from '@jest/globals'
import {
  decideOwnership,
  type LockFacts,
  type OwnerRecord,
  parseLockFile,
  parseOwnerRecord,
} from '../../../../src/embedded-postgres/owner.ts'

const CLAIMED_AT = 1_800_000_000_000
const owner = { pid: 100, identity: 'boot:100' }
const postmaster = { pid: 200, identity: 'boot:200' }
const record: OwnerRecord = { owner, claimedAt: CLAIMED_AT, postmaster }
const preparing: OwnerRecord = { owner, claimedAt: CLAIMED_AT }
const running: LockFacts = {
  pid: 200,
  identity: 'boot:200',
  startedAt: CLAIMED_AT + 1_000,
  process: 'postgres-here',
}
const gone: LockFacts = { ...running, identity: undefined, process: 'gone' }
const foreign = { action: 'refuse', because: 'foreign-postgres', pid: 200 }
const orphan = { action: 'stop-orphan-then-start', orphan: postmaster }

describe('decideOwnership', () => {
  test('an untouched folder is started', () => {
    expect(decideOwnership({ record: undefined, ownerAlive: false, lock: undefined })).toEqual({
      action: 'start',
    })
  })

  test('a live owner refuses everybody else, whether or not its postmaster runs', () => {
    const refused = { action: 'refuse', because: 'other-sluice', pid: 100 }
    for (const lock of [undefined, gone, running]) {
      expect(decideOwnership({ record, ownerAlive: true, lock })).toEqual(refused)
    }
    expect(decideOwnership({ record: preparing, ownerAlive: true, lock: undefined })).toEqual(refused)
  })

  test('when owner and postmaster are both gone, Postgres clears its own lock', () => {
    expect(decideOwnership({ record, ownerAlive: false, lock: gone })).toEqual({ action: 'start' })
  })

  test('a lock whose pid another program has now is removed, since Postgres would believe it', () => {
    const lock: LockFacts = { ...running, identity: 'boot:999', process: 'stranger' }
    expect(decideOwnership({ record, ownerAlive: false, lock })).toEqual({ action: 'remove-lock-then-start' })
  })

  test('a postmaster that outlived its owner is stopped', () => {
    expect(decideOwnership({ record, ownerAlive: false, lock: running })).toEqual(orphan)
  })

  test('a postmaster with the noted pid that started at another time is not ours', () => {
    const lock = { ...running, identity: 'boot:777' }
    expect(decideOwnership({ record, ownerAlive: false, lock })).toEqual(foreign)
  })

  test('a postmaster that no record speaks of is not ours', () => {
    expect(decideOwnership({ record: undefined, ownerAlive: false, lock: running })).toEqual(foreign)
  })

  test('a postmaster that started right after the claim is ours although it was never noted', () => {
    expect(decideOwnership({ record: preparing, ownerAlive: false, lock: running })).toEqual(orphan)
    const rounded = { ...running, startedAt: CLAIMED_AT - 999 }
    expect(decideOwnership({ record: preparing, ownerAlive: false, lock: rounded })).toEqual(orphan)
  })

  test.each([
    ['long before the claim', CLAIMED_AT - 5_000],
    ['long after the claim', CLAIMED_AT + 60_000],
    ['at an unknown time', undefined],
  ])('a postmaster never noted that started %s is not ours', (_when, startedAt) => {
    const lock = { ...running, startedAt }
    expect(decideOwnership({ record: preparing, ownerAlive: false, lock })).toEqual(foreign)
  })
})

describe('parseOwnerRecord', () => {
  test('reads back what was written', () => {
    expect(parseOwnerRecord(JSON.stringify(record))).toEqual(record)
    expect(parseOwnerRecord(JSON.stringify(preparing))).toEqual({ ...preparing, postmaster: undefined })
  })

  test.each(['', '{', 'null', '{}', '{"owner":{"pid":1}}', '{"owner":{"pid":1,"identity":"a"}}'])(
    'a torn record proves nothing: %s',
    (text) => {
      expect(parseOwnerRecord(text)).toBeUndefined()
    },
  )
})

describe('parseLockFile', () => {
  test('takes pid and start time from lines 1 and 3', () => {
    expect(parseLockFile('200\n/data/postgres\n1800000001\n35609\n\n127.0.0.1\n')).toEqual({
      pid: 200,
      startedAt: 1_800_000_001_000,
    })
  })

  test('a standalone backend notes its pid as negative', () => {
    expect(parseLockFile('-200\n/data/postgres\n')).toEqual({ pid: 200, startedAt: undefined })
  })

  test('an empty file names nobody', () => {
    expect(parseLockFile('')).toBeUndefined()
  })
})
