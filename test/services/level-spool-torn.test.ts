import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from '@jest/globals'
import { createLevelSpool } from '../../bridge/stores/level-spool.ts'
import { useCleanups } from '../support/cleanups.ts'

const later = useCleanups()

const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-torn-'))
  later(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'spool')
}

/** Runs it until it has killed itself; what it printed. */
const outputOf = (script: string, folder: string): Promise<string> =>
  new Promise((settle, reject) => {
    execFile(process.execPath, [resolve('dist/test/support', script), folder], (error, stdout, stderr) => {
      if (error?.signal === 'SIGKILL') settle(stdout)
      else reject(new Error(`it did not come to its end: ${stderr}`, { cause: error }))
    })
  })

test('rows that are durable after a checkpoint met a full disk are there after a crash', async () => {
  const folder = await temporaryFolder()
  const output = await outputOf('torn-spool-main.js', folder)
  expect(JSON.parse(output)).toEqual({ failed: true, appended: 25 })
  const spool = createLevelSpool({ clock: () => Date.now() }, { folder })
  later(spool.close)
  expect(await spool.open()).toMatchObject({ rows: 25, damage: null })
  expect(await spool.read(0, 1_000_000)).toHaveLength(25)
})
