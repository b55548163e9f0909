import { describe, expect, test } from '@jest/globals'
import { parseRedisUrl } from '../../../../bridge/stores/redis-address.ts'

describe('where Redis is', () => {
  test('one server is taken as ioredis reads it', () => {
    const url = 'redis://me:p%40ss@cache:6380/2?family=6'
    expect(parseRedisUrl(url)).toEqual({
      kind: 'single',
      url,
      hosts: 'cache:6380',
      login: { username: 'me', password: 'p@ss' },
    })
  })

  test('the nodes of a Redis Cluster stand in a row, each with its port or the usual one', () => {
    expect(parseRedisUrl('redis+cluster://me:p%40%2Fss@a:7000,b.example,[::1]:7002')).toEqual({
      kind: 'cluster',
      hosts: 'a:7000,b.example,[::1]:7002',
      login: { username: 'me', password: 'p@/ss' },
      tls: false,
      nodes: [
        { host: 'a', port: 7000 },
        { host: 'b.example', port: 6379 },
        { host: '::1', port: 7002 },
      ],
    })
    expect(parseRedisUrl('rediss+cluster://a/')).toMatchObject({
      tls: true,
      nodes: [{ host: 'a', port: 6379 }],
    })
  })

  test('Sentinels are told with the name of the master, and may ask for a password of their own', () => {
    expect(parseRedisUrl('rediss+sentinel://:p:1@a,b:26380/my%20master/3?sentinelPassword=s%26t')).toEqual({
      kind: 'sentinel',
      hosts: 'a,b:26380',
      login: { username: undefined, password: 'p:1' },
      sentinelPassword: 's&t',
      tls: true,
      sentinels: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_380 },
      ],
      master: 'my master',
      db: 3,
    })
    for (const url of ['redis+sentinel://a/m', 'redis+sentinel://a/m/'])
      expect(parseRedisUrl(url)).toMatchObject({ master: 'm', db: 0, sentinelPassword: undefined })
  })

  test.each([
    ['another protocol', 'http://a'],
    ['nothing of the kind', 'a:6379'],
    ['no host', 'redis+cluster://'],
    ['no server', 'redis://'],
    ['an empty place in the row', 'redis+cluster://a,,b'],
    ['a port that is none', 'redis+cluster://a:0'],
    ['a port that is none', 'redis+cluster://a:65536'],
    ['a port that is no number', 'redis+cluster://a:b'],
    ['a database, of which a Redis Cluster has one only', 'redis+cluster://a/1'],
    ['options that do not exist', 'redis+cluster://a?x=1'],
    ['no name of the master', 'redis+sentinel://a'],
    ['no name of the master', 'redis+sentinel://a/'],
    ['a database that is no number', 'redis+sentinel://a/m/x'],
    ['options that do not exist', 'redis+sentinel://a/m?password=x'],
    ['an @ behind the host, from a password that is not encoded', 'redis://u:1/2@h'],
    ['an @ behind the host, from a password that is not encoded', 'redis+cluster://u:1/2@h'],
    ['a percent sign that encodes nothing', 'redis+cluster://u:%zz@h'],
    ['a percent sign that encodes nothing', 'redis+sentinel://h/%zz'],
  ])('%s is refused: %s', (_why, url) => {
    expect(parseRedisUrl(url)).toBeUndefined()
  })
})
