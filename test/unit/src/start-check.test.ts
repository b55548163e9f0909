import { describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../../src/load-config.ts'
import type { Log } from '../../../src/logging.ts'
import { admitsAnonymous, checkStart, decideStart, type StartFacts } from '../../../src/start-check.ts'

const BOOLEANS = [false, true] as const
const CELLS: readonly StartFacts[] = BOOLEANS.flatMap((hostIsLoopback) =>
  BOOLEANS.flatMap((allowAnonymous) =>
    BOOLEANS.flatMap((hasApiKey) =>
      BOOLEANS.flatMap((useDb) =>
        ([false, true, 'unknown'] as const).map((hasCredentials) => ({
          hostIsLoopback,
          allowAnonymous,
          hasApiKey,
          useDb,
          hasCredentials,
        })),
      ),
    ),
  ),
)

type Outcome = 'start' | 'anyone' | 'key only' | 'unknown' | 'refused' | 'refused without a database'

const outcomeOf = (facts: StartFacts): Outcome => {
  const decision = decideStart(facts)
  if (!decision.start) return decision.message.includes('USEDB') ? 'refused without a database' : 'refused'
  const { warning } = decision
  if (warning === undefined) return 'start'
  if (warning.includes('ALLOW_ANONYMOUS=true')) return 'anyone'
  return warning.includes('API_KEY') ? 'key only' : 'unknown'
}

/** Open to other machines, and not to anyone: by key, database and credentials. */
const GUARDED: { readonly [cell: string]: Outcome } = {
  'no key, no db, false': 'refused without a database',
  'no key, no db, true': 'refused without a database',
  'no key, no db, unknown': 'refused without a database',
  'key, no db, false': 'key only',
  'key, no db, true': 'key only',
  'key, no db, unknown': 'key only',
  'no key, db, false': 'refused',
  'no key, db, true': 'start',
  'no key, db, unknown': 'unknown',
  'key, db, false': 'key only',
  'key, db, true': 'start',
  'key, db, unknown': 'unknown',
}

const expected = (facts: StartFacts): Outcome | undefined => {
  if (facts.allowAnonymous) return 'anyone'
  if (facts.hostIsLoopback) return 'start'
  const { hasApiKey, useDb, hasCredentials } = facts
  return GUARDED[`${hasApiKey ? 'key' : 'no key'}, ${useDb ? 'db' : 'no db'}, ${hasCredentials}`]
}

describe('a start', () => {
  test.each(CELLS.map((facts) => [JSON.stringify(facts), facts] as const))('with %s', (_name, facts) => {
    expect(outcomeOf(facts)).toBe(expected(facts))
  })

  test('that is refused says the two commands that mend it, each on a line to be copied', () => {
    const facts = { hostIsLoopback: false, allowAnonymous: false, hasApiKey: false } as const
    const decision = decideStart({ ...facts, hasCredentials: false, useDb: true })
    const lines = decision.start ? [] : decision.message.split('\n').map((line) => line.trim())
    expect(lines).toEqual(
      expect.arrayContaining(['npx sluice device add my-board', 'npx sluice user add me --role admin']),
    )
  })
})

const check = async (env: Record<string, string>, anyCredential?: () => Promise<boolean>) => {
  const warned: string[] = []
  const warn = (...args: readonly unknown[]): void => void warned.push(String(args.at(-1)))
  const config = loadConfig(env, '/srv')
  await checkStart({ config, log: { warn } as unknown as Log, anyCredential })
  return warned
}

describe('the check', () => {
  test('looks for credentials in the store', async () => {
    expect(await check({ HOST: '0.0.0.0' }, async () => true)).toEqual([])
    await expect(check({ HOST: '0.0.0.0' }, async () => false)).rejects.toMatchObject({
      code: 'NO_CREDENTIALS',
    })
    await expect(check({ HOST: '0.0.0.0' })).rejects.toMatchObject({ code: 'NO_CREDENTIALS' })
  })

  test('does not end the program because the database is away', async () => {
    const away = async (): Promise<boolean> => Promise.reject(new Error('away'))
    expect(await check({ HOST: '0.0.0.0' }, away)).toEqual([
      'the credentials cannot be read',
      expect.stringContaining('the database does not answer'),
    ])
  })

  test('says loudly that anyone is welcome, and that boards are', async () => {
    expect(await check({ ALLOW_ANONYMOUS: 'true' })).toEqual([
      expect.stringMatching(/^ALLOW_ANONYMOUS=true: /),
    ])
    const open = await check({ HOST: '10.0.0.5', LEGACY_OPEN: 'true' }, async () => true)
    expect(open).toEqual([expect.stringMatching(/^LEGACY_OPEN=true: /)])
  })

  test('has nothing to say on loopback', async () => {
    expect(await check({})).toEqual([])
    expect(await check({ HOST: '::1', LEGACY_OPEN: 'true', API_KEY: 'k' })).toEqual([])
  })
})

test.each([
  [{}, true],
  [{ HOST: '127.0.0.1' }, true],
  [{ HOST: '0.0.0.0' }, false],
  [{ HOST: 'iot.example', API_KEY: 'k'.repeat(16) }, false],
  [{ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' }, true],
])('with %j anonymous clients are admitted: %s', (env, admits) => {
  expect(admitsAnonymous(loadConfig(env, '/srv'))).toBe(admits)
})
