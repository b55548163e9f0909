import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { loadConfig } from '../../src/load-config.ts'
import { readText } from './source-files.ts'

interface Service {
  readonly image?: string
  readonly build?: string
  readonly restart?: string
  readonly env_file?: readonly { readonly path: string; readonly required: boolean }[]
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly stop_grace_period?: string
}

interface Compose {
  readonly services: Readonly<Record<'postgres' | 'redis' | 'sluice', Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const compose = parse(readText('docker-compose.yml')) as Compose
const { postgres, redis, sluice } = compose.services
const dockerfile = readText('Dockerfile')
const stages = dockerfile.split(/^(?=FROM )/m).filter((stage) => stage.startsWith('FROM '))
const runtime = stages.at(-1) ?? ''

/** `${NAME:-default}` as compose fills it in when NAME is unset. */
const filledIn = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1')

describe('docker-compose.yml', () => {
  test('it holds Postgres, Redis and Sluice, each restarted when it fails', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['postgres', 'redis', 'sluice'])
    for (const service of Object.values(compose.services)) expect(service.restart).toBe('unless-stopped')
  })

  test('images of others are pinned to a major version', () => {
    expect(postgres.image).toMatch(/^postgres:\d+(\.|-|$)/)
    expect(redis.image).toMatch(/^redis:\d+(\.|-|$)/)
    expect(sluice.build).toBe('.')
  })

  test('Sluice starts once Postgres and Redis answer their health checks', () => {
    for (const name of ['postgres', 'redis'] as const) {
      expect(compose.services[name].healthcheck?.test.length).toBeGreaterThan(1)
      expect(sluice.depends_on?.[name]?.condition).toBe('service_healthy')
    }
  })

  test('only Sluice publishes ports, and only on this machine', () => {
    expect(sluice.ports).toEqual(['127.0.0.1:3000:3000', '127.0.0.1:1883:1883'])
    expect([postgres.ports, redis.ports]).toEqual([undefined, undefined])
  })

  test('every volume that is used is named, and Sluice keeps its data in one', () => {
    const used = Object.values(compose.services).flatMap((service) => service.volumes ?? [])
    expect(used.map((volume) => volume.split(':')[0]).sort()).toEqual(Object.keys(compose.volumes).sort())
    expect(sluice.volumes).toEqual(['sluice-data:/data'])
    expect(runtime).toMatch(/DATA_DIR=\/data\b/)
  })

  test('its settings are accepted by the program and reach the other two services', () => {
    const given = Object.entries(sluice.environment ?? {}).map(([name, text]) => [name, filledIn(text)])
    const config = loadConfig(Object.fromEntries(given), '/app')
    expect(config.http).toEqual({ host: '0.0.0.0', port: 3000 })
    expect(config.mqtt).toEqual({ host: '0.0.0.0', port: 1883 })
    const database = new URL(config.databaseUrl ?? '')
    expect(database.hostname).toBe('postgres')
    expect(database.username).toBe(postgres.environment?.POSTGRES_USER)
    expect(database.password).toBe(filledIn(postgres.environment?.POSTGRES_PASSWORD ?? ''))
    expect(database.pathname).toBe(`/${postgres.environment?.POSTGRES_DB}`)
    expect(new URL(config.redisUrl ?? '').hostname).toBe('redis')
  })

  test('every other setting comes from .env, if there is one, and a copy of .env.example moves nothing', () => {
    expect(sluice.env_file).toEqual([{ path: '.env', required: false }])
    const lines = readText('.env.example').split('\n')
    const pairs = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s, 2))
    const fixed = Object.entries(sluice.environment ?? {}).map(([name, text]) => [name, filledIn(text)])
    const config = (env: readonly string[][]) => loadConfig(Object.fromEntries(env), '/app')
    const runs = { ...config(fixed), retentionDays: 30 }
    expect(config([...pairs, ['RETENTION_DAYS', '30'], ...fixed])).toEqual(runs)
    expect(runs.dataDir).toBe('/data')
  })

  test('a stop is given more time than Sluice takes for it', () => {
    const seconds = Number(/^(\d+)s$/.exec(sluice.stop_grace_period ?? '')?.[1])
    expect(seconds * 1000).toBeGreaterThan(loadConfig({}, '/').shutdownTimeoutMs)
  })
})

describe('Dockerfile', () => {
  test('it builds in one stage and runs in another, both on the Node that package.json asks for', () => {
    expect(stages).toHaveLength(2)
    for (const stage of stages) expect(stage).toMatch(/^FROM node:20-slim\b/)
    expect(readText('package.json')).toMatch(/"node": ">=20\./)
  })

  test('the runtime stage has no development dependencies and no sources', () => {
    expect(runtime).toMatch(/npm ci --omit=dev/)
    expect(runtime).toMatch(/^COPY --from=build \/app\/dist \.\/dist$/m)
    expect(runtime).not.toMatch(/^COPY \. /m)
  })

  test('it does not run as root, keeps its data in a volume, has a health check and no shell around it', () => {
    expect(runtime).toMatch(/^VOLUME \/data$/m)
    expect(runtime).toMatch(/^HEALTHCHECK .*\n.*\/health/m)
    expect(runtime.indexOf('USER node')).toBeGreaterThan(runtime.lastIndexOf('RUN '))
    expect(runtime).toMatch(/^CMD \["node", "--max-semi-space-size=64", "dist\/src\/main\.js"\]$/m)
  })

  test('data, secrets and what is built stay out of the image', () => {
    const ignored = readText('.dockerignore').split('\n')
    for (const name of ['.env', '.git', 'data', 'dist', 'node_modules']) expect(ignored).toContain(name)
  })
})
