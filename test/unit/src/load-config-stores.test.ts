import { describe, expect, test } from '@jest/globals'
import { redact } from '../../../src/load-config.ts'
import { load, problemsOf } from '../../support/config.ts'

describe('where the stores are', () => {
  test.each([
    'redis://:p@h:6379/0',
    'rediss+cluster://u:p@h1:7000,h2:7001',
    'redis+sentinel://:p@h1:26379,h2:26379/mymaster/0?sentinelPassword=q',
  ])('REDIS_URL=%s is taken as it is', (given) => {
    expect(load({ REDIS_URL: given }).redisUrl).toBe(given)
  })

  test('a replica of the embedded Postgres there is none', () => {
    expect(problemsOf({ DATABASE_READ_URL: 'postgres://replica/x' })).toEqual([
      'DATABASE_READ_URL is set without DATABASE_URL: the embedded Postgres has no replica, set both or neither',
    ])
  })

  test('a REDIS_URL that cannot be read is answered with the forms there are', () => {
    expect(problemsOf({ REDIS_URL: 'redis+cluster://h1/0' })).toEqual([
      'REDIS_URL is a value that is not shown: allowed is a URL such as redis://user:password@host:6379/0, ' +
        'redis+cluster://user:password@host1:6379,host2:6379 or ' +
        'redis+sentinel://user:password@host1:26379,host2:26379/name-of-the-master/0 (rediss for TLS); ' +
        'characters such as @ / ? # in a password percent-encoded',
    ])
  })

  test.each([
    ['redis+cluster://me:hun@ter2@h1:7000,h2:7001', 'redis+cluster://me:***@h1:7000,h2:7001'],
    [
      'rediss+sentinel://:hunter2@h1:26379,h2/m/0?sentinelPassword=hunter2',
      'rediss+sentinel://:***@h1:26379,h2/m/0?sentinelPassword=***',
    ],
  ])('redact masks the passwords in a row of hosts: %s', (given, masked) => {
    expect(redact(load({ REDIS_URL: given })).redisUrl).toBe(masked)
  })
})
