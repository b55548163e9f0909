import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { brokerClientId } from '../../src/broker-client-id.ts'
import { useCleanups } from '../support/cleanups.ts'

const later = useCleanups()
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-client-id-'))
  later(() => rm(folder, { recursive: true, force: true }))
})

describe('the client id at an external broker', () => {
  test('is made once and stays: letters and digits, short enough for any broker', async () => {
    const made = await brokerClientId(folder, undefined)
    expect(made).toEqual({ clientId: expect.stringMatching(/^sluice[0-9a-f]{14}$/), isKnown: false })
    expect(await brokerClientId(folder, undefined)).toEqual({ ...made, isKnown: true })
    expect(await readFile(join(folder, 'broker-client-id'), 'utf8')).toBe(`${made.clientId}\n`)
  })

  test('that is given goes before the one that is kept, and does not replace it', async () => {
    const { clientId } = await brokerClientId(folder, undefined)
    expect(await brokerClientId(folder, 'mine')).toEqual({ clientId: 'mine', isKnown: false })
    expect((await brokerClientId(folder, undefined)).clientId).toBe(clientId)
  })

  test('is made anew when the file holds none', async () => {
    await writeFile(join(folder, 'broker-client-id'), 'half a/line\n')
    expect((await brokerClientId(folder, undefined)).isKnown).toBe(false)
    expect((await brokerClientId(folder, undefined)).isKnown).toBe(true)
  })
})
