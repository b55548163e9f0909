/** Open to other machines, the program starts only when somebody could be let in, or when anyone may. */
import { describe, expect, test } from '@jest/globals'
import { useCleanups } from '../support/cleanups.ts'
import { freshDatabase } from '../support/database.ts'
import { exchange } from '../support/http-exchange.ts'
import { freshDataDir, runSluice, type Settings, type Sluice, startSluice } from '../support/sluice.ts'

const later = useCleanups()

const settingsWith = async (given: Settings) => {
  const { dataDir, cleanup } = await freshDataDir()
  later(cleanup)
  const database = await freshDatabase()
  later(database.drop)
  return { DATA_DIR: dataDir, DATABASE_URL: database.url, HOST: '0.0.0.0', ...given }
}

const start = async (given: Settings): Promise<Sluice> => {
  const sluice = await startSluice(await settingsWith(given))
  later(() => sluice.end('SIGTERM'))
  return sluice
}

const warningsOf = ({ log }: Sluice): readonly string[] =>
  log.filter(({ level }) => level === 'warn').map(({ msg }) => String(msg))

describe('on an address that other machines reach', () => {
  test.each([
    ['nobody could be let in', {}, 'npx sluice device add my-board'],
    ['and no place for credentials', { USEDB: 'false' }, 'API_KEY'],
  ])(
    'a start where %s is refused: exit code 1, one line that says what to do, no stack',
    async (_name, given, said) => {
      const { code, stderr, log } = await runSluice(await settingsWith(given))
      const fatal = log.filter(({ level }) => level === 'fatal')
      expect([code, stderr, fatal]).toEqual([
        1,
        '',
        [expect.objectContaining({ code: 'NO_CREDENTIALS', msg: expect.stringContaining(said) })],
      ])
      expect(log.find(({ msg }) => msg === 'listening')).toBeUndefined()
      expect(JSON.stringify(fatal)).not.toContain('stack')
    },
    30_000,
  )

  test('with an API key it starts, says that MQTT lets nobody in, and HTTP is closed to who has none', async () => {
    const sluice = await start({ API_KEY: 'a-key-long-enough' })
    expect(warningsOf(sluice)).toEqual([expect.stringContaining('MQTT lets nobody in')])
    const statusOf = async (path: string, headers = {}) =>
      (await exchange(sluice.http + path, { headers })).status
    expect(await statusOf('/api/v1/devices')).toBe(401)
    expect(await statusOf('/metrics')).toBe(401)
    expect(await statusOf('/api/v1/devices', { 'X-API-Key': 'a-key-long-enough' })).toBe(200)
    expect(await statusOf('/metrics', { 'X-API-Key': 'a-key-long-enough' })).toBe(200)
    expect(await statusOf('/health')).toBe(200)
  }, 30_000)

  test('with ALLOW_ANONYMOUS=true it starts, says so loudly, and lets anyone in', async () => {
    const sluice = await start({ ALLOW_ANONYMOUS: 'true' })
    expect(warningsOf(sluice)).toEqual([
      expect.stringMatching(/^ALLOW_ANONYMOUS=true: whoever reaches a port/),
    ])
    expect((await exchange(`${sluice.http}/api/v1/devices`)).status).toBe(200)
  }, 30_000)
})

test('on this machine only it starts without a word', async () => {
  const sluice = await start({ HOST: '127.0.0.1' })
  expect(warningsOf(sluice)).toEqual([])
  expect((await exchange(`${sluice.http}/api/v1/devices`)).status).toBe(200)
}, 30_000)
