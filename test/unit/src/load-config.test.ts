import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ConfigError, redact, SETTING_NAMES } from '../../../src/load-config.ts'
import { isLoopback } from '../../../src/setting-values.ts'
import { load, problemsOf } from '../../support/config.ts'

const frozenThroughout = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(frozenThroughout))

describe('defaults', () => {
  test('an empty environment gives the documented defaults', () => {
    expect(load({})).toEqual({
      nodeEnv: 'production',
      logLevel: 'info',
      dataDir: '/srv/sluice/data',
      http: { host: '127.0.0.1', port: 3000 },
      mqtt: { host: '127.0.0.1', port: 1883 },
      tls: undefined,
      databaseUrl: undefined,
      databaseReadUrl: undefined,
      redisUrl: undefined,
      useDb: true,
      cluster: false,
      allowAnonymous: false,
      allowedOrigins: [],
      apiKey: undefined,
      legacyOpen: false,
      spool: { maxBytes: 10_737_418_240, maxMemoryBytes: 268_435_456 },
      retention: { days: 90, minuteDays: 730, hourDays: 0 },
      batch: { devicesMs: 100, readingsMs: 200, buzzerMs: 150 },
      cache: {
        devices: { max: 10_000, ttlMs: 300_000 },
        readings: { max: 10_000, ttlMs: 120_000 },
        queries: { max: 1000, ttlMs: 60_000 },
        sweepMs: 30_000,
      },
      rateLimitMax: 1000,
      frames: { keepMs: 600_000, maxBytes: 4_294_967_296 },
      homeAssistant: { announces: false, prefix: 'homeassistant' },
      recognition: { url: undefined, timeoutMs: 3_000 },
      limits: {
        maxConnections: 10_000,
        maxConnectionsPerAddress: 1_000,
        connectRate: 200,
        connectTimeoutMs: 10_000,
        publishRate: 1_000,
        maxPacketBytes: 22_020_096,
        maxTopicBytes: 512,
        maxTopicLevels: 16,
        maxSubscriptions: 100,
        maxInflight: 1_000,
        maxKeepaliveS: 3_600,
        maxRetained: 100_000,
        maxRetainedBytes: 67_108_864,
        maxSessions: 20_000,
        sessionExpiryMs: 604_800_000,
        maxOfflineMessages: 1_000,
        maxOfflineBytes: 268_435_456,
      },
      shutdownTimeoutMs: 20_000,
    })
  })

  test('an empty or blank value is an unset one, and blanks around a value are not part of it', () => {
    expect(load(Object.fromEntries(SETTING_NAMES.map((name) => [name, ' '])))).toEqual(load({}))
    expect(load({ PORT: ' 8080 ', TLS_CERT: '' }).http.port).toBe(8080)
  })

  test('variables that are no settings are left alone', () => {
    expect(load({ PATH: '/bin', HOME: '/root' })).toEqual(load({}))
  })

  test('the result cannot be changed at any depth', () => {
    expect(frozenThroughout(load({}))).toBe(true)
  })
})

describe('values', () => {
  test.each([
    ['65536', 65_536],
    ['500MB', 500_000_000],
    ['500 mb', 500_000_000],
    ['10GiB', 10 * 2 ** 30],
    ['1.5KiB', undefined], // below the least
    ['1.5MiB', 1_572_864],
    ['65535', undefined],
    ['-1GB', undefined],
    ['10G', undefined],
    ['GiB', undefined],
    ['9999999999999999TiB', undefined],
    ['1e9', undefined],
  ])('SPOOL_MAX_BYTES=%s is read as %p bytes', (given, bytes) => {
    if (bytes === undefined) expect(problemsOf({ SPOOL_MAX_BYTES: given })).toHaveLength(1)
    else expect(load({ SPOOL_MAX_BYTES: given }).spool.maxBytes).toBe(bytes)
  })

  test.each(['-1', '65536', '3e3', '0x10', '1.5', 'http', '3000;'])('PORT=%s is refused', (given) => {
    expect(problemsOf({ PORT: given })).toEqual([
      `PORT is "${given}": allowed is a whole number from 0 to 65535 (0 means any free port)`,
    ])
  })

  test.each(['TRUE', '1', 'yes', 'on'])('USEDB=%s is neither true nor false', (given) => {
    expect(problemsOf({ USEDB: given })).toEqual([`USEDB is "${given}": allowed is true or false`])
  })

  test('a relative DATA_DIR is taken from the working folder, an absolute one as it is', () => {
    expect(load({ DATA_DIR: 'var/x' }).dataDir).toBe('/srv/sluice/var/x')
    expect(load({ DATA_DIR: '/data' }).dataDir).toBe('/data')
  })

  test.each([
    ['DATABASE_URL', 'mysql://u:hunter2@h/db'],
    ['DATABASE_URL', 'hunter2'],
    ['DATABASE_READ_URL', 'mysql://u:hunter2@h/db'],
    ['DATABASE_URL', 'postgres://u:1/hunter2@h/db'], // reads as host u, port 1
    ['DATABASE_URL', 'postgres://u:hun"ter2@h/db'],
    ['REDIS_URL', 'http://:hunter2@h'],
    ['REDIS_URL', 'redis+cluster://:hunter2@h1,h2:x'],
    ['REDIS_URL', 'redis+sentinel://:hunter2@h1,h2'],
    ['REDIS_URL', 'redis+sentinel://h1/m?sentinelPassword=hun"ter2'],
  ])('%s=%s is refused and what was given is not shown', (name, given) => {
    const [problem, ...others] = problemsOf({ DATABASE_URL: 'postgres://h/db', [name]: given })
    expect(others).toEqual([])
    expect(problem).toMatch(new RegExp(`^${name} is a value that is not shown: allowed is a URL such as`))
    expect(problem).not.toMatch(/hun"?ter2/)
  })

  test('ports that are both the same are refused, but not two times any free port', () => {
    expect(problemsOf({ PORT: '1883' })).toEqual([
      'PORT and MQTT_PORT are both "1883": allowed are two different ports',
    ])
    expect(problemsOf({ PORT: '0', MQTT_PORT: '0' })).toEqual([])
  })
})

describe('who can reach it', () => {
  test('without ALLOW_ANONYMOUS=true every listener is on the loopback address', () => {
    const config = load({ API_KEY: 'k' })
    expect([config.http.host, config.mqtt.host]).toEqual(['127.0.0.1', '127.0.0.1'])
  })

  test('ALLOW_ANONYMOUS=true opens every address unless HOST says which', () => {
    expect(load({ ALLOW_ANONYMOUS: 'true' }).mqtt.host).toBe('0.0.0.0')
    expect(load({ ALLOW_ANONYMOUS: 'true', HOST: '10.0.0.5' }).http.host).toBe('10.0.0.5')
    expect(load({ ALLOW_ANONYMOUS: 'true', HOST: '::1' }).http.host).toBe('::1')
  })

  test('a short API_KEY is refused where other machines could try keys, and not shown', () => {
    for (const reach of [{ HOST: '0.0.0.0' }, { HOST: 'iot.example' }, { ALLOW_ANONYMOUS: 'true' }]) {
      expect(problemsOf({ ...reach, API_KEY: 'sh0rt-key-of-15' })).toEqual([
        expect.stringMatching(/^API_KEY is too short (?!.*sh0rt).*16 characters/),
      ])
      expect(problemsOf({ ...reach, API_KEY: 'l0ng-key--of--16' })).toEqual([])
    }
    for (const HOST of ['127.0.0.1', '::1', 'localhost'])
      expect(problemsOf({ HOST, ALLOW_ANONYMOUS: 'true', API_KEY: 'k' })).toEqual([])
  })

  test.each(['0.0.0.0', '::', '10.0.0.5', 'iot.example', '127.0.0.1', 'localhost'])(
    'HOST=%s is taken as it is: whether anyone could come in is looked at once the database is there',
    (host) => {
      const { http, mqtt } = load({ HOST: host })
      expect([http.host, mqtt.host]).toEqual([host, host])
    },
  )

  test.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.1.example', false],
    ['0:0:0:0:0:0:0:1', false], // a spelling that is not known
  ])('%s is an address that only this machine reaches: %s', (host, loopback) => {
    expect(isLoopback(host)).toBe(loopback)
  })

  test.each([
    ['https://board.example', ['https://board.example']],
    [
      'https://Board.example:8443 , http://localhost:5173',
      ['https://board.example:8443', 'http://localhost:5173'],
    ],
    ['*', ['*']],
    ['https://board.example/', undefined],
    ['board.example', undefined],
    ['https://*.example', undefined],
    ['https://a.example,,https://b.example', undefined],
    ['null', undefined],
  ])('ALLOWED_ORIGINS=%s is read as %j', (given, origins) => {
    if (origins === undefined) expect(problemsOf({ ALLOWED_ORIGINS: given })).toHaveLength(1)
    else expect(load({ ALLOWED_ORIGINS: given }).allowedOrigins).toEqual(origins)
  })

  test.each([
    ['MAX_PACKET_BYTES', '256MiB', '21MiB'],
    ['MAX_KEEPALIVE_S', '65536', '65535'],
    ['MAX_TOPIC_LEVELS', '2', '3'],
    ['MAX_INFLIGHT', '0', '1'],
    ['PUBLISH_RATE', '-1', '0'],
    ['MAX_RETAINED_BYTES', '1GB2', '0'],
    ['CONNECT_RATE', '0', '1'],
  ])('%s=%s is refused, %s is taken', (name, bad, good) => {
    expect(problemsOf({ [name]: bad })).toHaveLength(1)
    expect(problemsOf({ [name]: good })).toEqual([])
  })

  test.each(['[::1]', '10.0.0.5:80', '300.1.1.1', 'a b', '-x'])('HOST=%s is no address', (host) => {
    expect(problemsOf({ HOST: host, ALLOW_ANONYMOUS: 'true' })).toHaveLength(1)
  })
})

describe('TLS', () => {
  const PAIR = { TLS_CERT: 'tls/server.crt', TLS_KEY: '/etc/tls/server.key' }

  test('is there with a certificate and its key; relative paths are taken from the working folder', () => {
    expect(load(PAIR).tls).toEqual({
      certPath: '/srv/sluice/tls/server.crt',
      keyPath: '/etc/tls/server.key',
      caPath: undefined,
      mqttPort: 8883,
      httpsPort: 3443,
    })
    const given = { ...PAIR, TLS_CA: 'ca.crt', MQTT_TLS_PORT: '0', HTTPS_PORT: '443' }
    expect(load(given).tls).toMatchObject({ caPath: '/srv/sluice/ca.crt', mqttPort: 0, httpsPort: 443 })
  })

  test('is not there for its ports alone', () => {
    expect(load({ MQTT_TLS_PORT: '8884', HTTPS_PORT: '8443' }).tls).toBeUndefined()
  })

  test.each([
    [
      { CLUSTER: 'true', DATABASE_URL: 'postgres://a/b' },
      /^CLUSTER is true without REDIS_URL: set REDIS_URL/,
    ],
    [{ CLUSTER: 'true', REDIS_URL: 'redis://a' }, /^CLUSTER is true without DATABASE_URL: set DATABASE_URL/],
    [
      { CLUSTER: 'true', REDIS_URL: 'rediss+Cluster://a,b', DATABASE_URL: 'postgres://a/b' },
      /^CLUSTER is true with a Redis Cluster: .*Sentinels/,
    ],
    [{ TLS_CERT: 'c' }, /^TLS_CERT is set without TLS_KEY: set TLS_KEY/],
    [{ TLS_KEY: 'k' }, /^TLS_KEY is set without TLS_CERT: set TLS_CERT/],
    [{ TLS_CA: 'a' }, /^TLS_CA is set without TLS_CERT and TLS_KEY/],
    [{ TLS_CERT: 'c', TLS_CA: 'a' }, /^TLS_CERT is set without TLS_KEY/],
  ])('with %j is one problem that says what is missing', (env, problem) => {
    expect(problemsOf(env)).toEqual([expect.stringMatching(problem)])
  })

  test('ports that are the same as others are refused, each two once, and only when they would be opened', () => {
    const env = { MQTT_PORT: '8883', HTTPS_PORT: '3000' }
    expect(problemsOf(env)).toEqual([])
    expect(problemsOf({ ...env, ...PAIR })).toEqual([
      'PORT and HTTPS_PORT are both "3000": allowed are two different ports',
      'MQTT_PORT and MQTT_TLS_PORT are both "8883": allowed are two different ports',
    ])
    expect(problemsOf({ ...PAIR, MQTT_TLS_PORT: '0', HTTPS_PORT: '0' })).toEqual([])
  })
})

describe('problems', () => {
  test('all problems are reported at once, each naming its variable', () => {
    const problems = problemsOf({
      PORT: 'x',
      HOST: '[::1]',
      DATABASE_URL: 'nope',
      NODE_ENV: 'prod',
      LOG_LEVEL: 'loud',
      BROKER_URL: 'http://u:p@h',
      CACHE_SWEEP_MS: '0',
    })
    const names = problems.map((problem) => problem.split(' ')[0]).sort()
    expect(names).toEqual(
      ['BROKER_URL', 'CACHE_SWEEP_MS', 'DATABASE_URL', 'HOST', 'LOG_LEVEL', 'NODE_ENV', 'PORT'].sort(),
    )
  })

  test('the message of the error holds every problem on a line of its own', () => {
    const error = new ConfigError(['A is wrong', 'B is wrong'])
    expect(error.message).toBe('the settings cannot be used:\n- A is wrong\n- B is wrong')
  })

  test('no text makes it fail with anything but a ConfigError, and a secret never shows', () => {
    const secret = fc.string({ minLength: 6 }).map((text) => `s3cr3t${text}`)
    const env = fc.record(
      Object.fromEntries(SETTING_NAMES.map((name) => [name, /URL|KEY/.test(name) ? secret : fc.string()])),
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(env, (given) => {
        expect(problemsOf(given).join('\n')).not.toContain('s3cr3t')
      }),
    )
  })
})

describe('printing', () => {
  test('redact masks keys and the passwords in URLs, and nothing else', () => {
    const config = load({
      API_KEY: 'hunter2',
      DATABASE_URL: 'postgres://me:hunter2@db:5432/x?sslmode=require&password=hunter2',
      DATABASE_READ_URL: 'postgres://me:hunter2@replica/x',
      REDIS_URL: 'redis://:hun@ter2@cache',
      RECOGNITION_URL: 'http://me:hunter2@faces:9001',
      BROKER_URL: 'mqtts://me:hunter2@broker:8883',
      BROKER_CA: 'ca.pem',
    })
    expect(JSON.stringify(redact(config))).not.toMatch(/hun@?ter2/)
    expect(redact(config)).toEqual({
      ...config,
      apiKey: '***',
      databaseUrl: 'postgres://me:***@db:5432/x?sslmode=require&password=***',
      databaseReadUrl: 'postgres://me:***@replica/x',
      redisUrl: 'redis://:***@cache',
      broker: {
        url: 'mqtts://me:***@broker:8883',
        protocol: 5,
        caPath: '/srv/sluice/ca.pem',
        clientId: undefined,
      },
      recognition: { url: 'http://me:***@faces:9001', timeoutMs: 3_000 },
    })
    expect(redact(load({}))).toEqual(load({}))
  })
})

describe('the prefix of Home Assistant', () => {
  test.each(['homeassistant', 'ha', 'my/ha-2'])('may be %s', (given) => {
    expect(load({ HA_DISCOVERY_PREFIX: given }).homeAssistant.prefix).toBe(given)
  })

  test.each(['sensors', 'devices/x', 'a b', 'a/', '/a', '#', 'a/+/b', '$SYS', 'a/b/c/d/e'])(
    'is not %s',
    (given) => {
      expect(problemsOf({ HA_DISCOVERY_PREFIX: given })).toHaveLength(1)
    },
  )
})
