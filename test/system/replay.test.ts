import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import {
  DATABASE_DOWN,
  MAIN,
  NO_DATABASE,
  NO_FACE_SERVICE,
  PRODUCTION,
} from '../fixtures/legacy/intended-differences.ts'
import { useCleanups } from '../support/cleanups.ts'
import { freshDatabase } from '../support/database.ts'
import { startFaceService } from '../support/face-service.ts'
import { loadRecordings } from '../support/recordings.ts'
import { replay, type Target } from '../support/replay.ts'
import { freshDataDir, type Settings, startSluice } from '../support/sluice.ts'

const later = useCleanups()

const ALL = loadRecordings()
const MODES = {
  main: ['NODE_ENV=development, USEDB=true, MariaDB 10.11, face service stub'],
  // What ended the older process needs no process of its own here.
  noFace: ['no ffmpeg on PATH', 'PYTHON_GPU_SERVICE_ENABLED=false', 'process ended by this request'],
  production: ['NODE_ENV=production', 'face service not reachable'],
  databaseDown: ['database stopped while the server runs'],
  noDatabase: ['USEDB=false'],
}
const CLOSED = '127.0.0.1:1'
/** Nothing that it lists may be left, and no line of its table unused. */
const AS_INTENDED = { unexplained: [], dead: [] }

const made = (modes: readonly string[]) => ALL.filter(({ mode }) => modes.includes(mode))

const start = async (settings: Settings): Promise<Target> => {
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const sluice = await startSluice({ DATA_DIR: dataDir, RATE_LIMIT_MAX: '1000000', ...settings })
  later(() => sluice.end('SIGTERM'))
  return { http: sluice.http }
}

const database = async (): Promise<string> => {
  const { url, drop } = await freshDatabase()
  later(drop)
  return url
}

test('every recorded exchange belongs to one of the replays', () => {
  const known = Object.values(MODES).flat()
  expect(ALL.filter(({ mode }) => !known.includes(mode))).toEqual([])
  expect(ALL.length).toBeGreaterThan(200)
})

test('recorded exchanges are answered as then, but for what the table says', async () => {
  const face = await startFaceService()
  later(face.close)
  const target = await start({
    DATABASE_URL: await database(),
    NODE_ENV: 'development',
    RECOGNITION_URL: face.url,
  })
  expect(await replay(made(MODES.main), { ...target, face }, MAIN)).toEqual(AS_INTENDED)
}, 90_000)

test('so are those made without a face service and without ffmpeg, and those that ended the process', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'sluice-no-programs-'))
  later(() => rm(empty, { recursive: true }))
  const target = await start({ DATABASE_URL: await database(), PATH: empty })
  expect(await replay(made(MODES.noFace), target, NO_FACE_SERVICE)).toEqual(AS_INTENDED)
}, 60_000)

test('so are those made in production, with a face service that is away', async () => {
  const target = await start({
    DATABASE_URL: await database(),
    NODE_ENV: 'production',
    RECOGNITION_URL: `http://${CLOSED}`,
  })
  expect(await replay(made(MODES.production), target, PRODUCTION)).toEqual(AS_INTENDED)
}, 60_000)

test('so are those made while the database is away', async () => {
  const target = await start({ DATABASE_URL: `postgres://nobody@${CLOSED}/none` })
  expect(await replay(made(MODES.databaseDown), target, DATABASE_DOWN)).toEqual(AS_INTENDED)
}, 60_000)

test('so are those made without a database', async () => {
  const target = await start({ USEDB: 'false' })
  expect(await replay(made(MODES.noDatabase), target, NO_DATABASE)).toEqual(AS_INTENDED)
}, 60_000)
