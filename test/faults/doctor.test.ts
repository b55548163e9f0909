/** The doctor of a Sluice that is not well: without Postgres, and without room. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, jest, test } from '@jest/globals'
import { createEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { useCleanups } from '../support/cleanups.ts'
import { eventually } from '../support/eventually.ts'
import { runCommand, settingsOf } from '../support/run-command.ts'
import { freshDataDir, startSluice } from '../support/sluice.ts'

jest.setTimeout(120_000)
const later = useCleanups()

test('without Postgres the doctor says that the row is missing, without room that the ack is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-pg-'))
  later(() => rm(folder, { recursive: true, force: true }))
  const postgres = createEmbeddedPostgres({ dataDir: folder })
  later(postgres.stop)
  const { url } = await postgres.start()
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const settings = { DATA_DIR: dataDir, DATABASE_URL: url, SPOOL_MAX_BYTES: '65536' }
  const sluice = await startSluice(settings)
  later(() => sluice.end('SIGTERM'))
  const env = { ...settingsOf(sluice), DATABASE_URL: url }
  await postgres.stop()

  const away = await runCommand('doctor', env)
  expect(away.code).toBe(1)
  expect(away.out).toMatch(/ok {7}ack \(on disk\)/)
  expect(away.out).toMatch(/failed {3}row in Postgres .*\n +→ bring Postgres back/)
  expect(away.out.match(/^failed/gm)).toHaveLength(1)

  await runCommand('simulate --boards 40 --rate 50 --for 5s', env)
  await eventually(async () => {
    const answer = await fetch(`${sluice.http}/health`)
    return (await answer.text()).includes('the spool is full')
  }, 20_000)
  const full = await runCommand('doctor', env)
  expect(full.code).toBe(1)
  expect(full.out).toMatch(/failed {3}HTTP health .*the spool is full/)
  expect(full.out).toMatch(/failed {3}ack \(on disk\) .*\n +→ an ack is held while the spool is full/)
  expect(full.out).toMatch(/skipped {2}row in Postgres +no reading was taken in/)
})
