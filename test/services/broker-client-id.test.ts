import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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

const AT = { given: undefined, address: 'mqtt://broker:1883' }

describe('the client id at an external broker', () => {
  test('is made once and stays: letters and digits, short enough for any broker', async () => {
    const { clientId } = await brokerClientId(folder, AT)
    expect(clientId).toMatch(/^sluice[0-9a-f]{14}$/)
    expect((await brokerClientId(folder, AT)).clientId).toBe(clientId)
    expect(await readFile(join(folder, 'broker-client-id'), 'utf8')).toBe(`${clientId}\n`)
    expect(await readdir(folder)).toEqual(['broker-client-id'])
  })

  test('that is given goes before the one that is kept, and does not replace it', async () => {
    const { clientId } = await brokerClientId(folder, AT)
    expect(await brokerClientId(folder, { ...AT, given: 'mine' })).toMatchObject({ clientId: 'mine' })
    expect((await brokerClientId(folder, AT)).clientId).toBe(clientId)
  })

  test('is not made anew when the file holds something else: what waits under the old one would never come', async () => {
    await writeFile(join(folder, 'broker-client-id'), 'half a/line\n')
    await expect(brokerClientId(folder, AT)).rejects.toMatchObject({
      code: 'CLIENT_ID_FILE',
      message: expect.stringContaining('BROKER_CLIENT_ID'),
    })
    expect(await readFile(join(folder, 'broker-client-id'), 'utf8')).toBe('half a/line\n')
    expect(await brokerClientId(folder, { ...AT, given: 'mine' })).toMatchObject({ clientId: 'mine' })
  })

  test('is known once the broker has let it in, to that broker alone', async () => {
    const isKnown = async (at: Parameters<typeof brokerClientId>[1]) =>
      (await brokerClientId(folder, at)).isKnown
    expect([await isKnown(AT), await isKnown(AT)]).toEqual([false, false])
    await (await brokerClientId(folder, AT)).remember()
    expect(await isKnown(AT)).toBe(true)
    expect(await isKnown({ ...AT, address: 'mqtt://other:1883' })).toBe(false)
    expect(await isKnown({ ...AT, given: 'mine' })).toBe(false)
  })
})
