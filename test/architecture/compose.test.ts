import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { loadConfig } from '../../src/load-config.ts'
import { readText } from './source-files.ts'

interface Service {
  readonly image?: string
  readonly build?: string
  readonly profiles?: readonly string[]
  readonly restart?: string
  readonly env_file?: readonly { readonly path: string; readonly required: boolean }[]
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly stop_grace_period?: string
  readonly ulimits?: { readonly nofile: number }
  readonly deploy?: { readonly resources: { readonly limits: { readonly memory: string } } }
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const compose = parse(readText('docker-compose.yml'), { merge: true }) as Compose
const services = Object.entries(compose.services)
const serviceOf = (name: string): Service => {
  const service = compose.services[name]
  if (service === undefined) throw new Error(`there is no service ${name}`)
  return service
}
const [postgres, sluice] = [serviceOf('postgres'), serviceOf('sluice')]
const nodes = ['sluice-1', 'sluice-2', 'sluice-3'].map(serviceOf)
const ours = services.filter(([, { build }]) => build !== undefined)
/** `${NAME:-default}` as compose fills it in when NAME is unset. */
const filledIn = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1')

/** What the program is told, as compose tells it. */
const settingsOf = ({ environment = {} }: Service): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(environment).map(([name, text]) => [name, filledIn(text)]))

/** What `docker compose --profile NAME up` starts: these, and all without a profile. */
const startedBy = (profile: string): readonly string[] =>
  services
    .filter(([, { profiles }]) => profiles === undefined || profiles.includes(profile))
    .map(([name]) => name)
    .sort()

const SINGLE = startedBy('single')
const MOSQUITTO = startedBy('mosquitto')
const CLUSTER = startedBy('cluster')

describe('docker-compose.yml', () => {
  test('the profile single starts Sluice with Postgres and Redis', () => {
    expect(SINGLE).toEqual(['postgres', 'redis', 'sluice'])
  })

  test('each of the other shapes is started by its profile, as its head tells', () => {
    expect(MOSQUITTO).toEqual(['mosquitto', 'postgres', 'redis', 'sluice-mosquitto'])
    const shape = [
      'grafana',
      'haproxy',
      'postgres',
      'prometheus',
      'redis',
      'sluice-1',
      'sluice-2',
      'sluice-3',
    ]
    expect(CLUSTER).toEqual(shape)
    const head = readText('docker-compose.yml')
    for (const profile of ['single', 'mosquitto', 'cluster'])
      expect(head).toContain(`docker compose --profile ${profile} up -d --wait `)
  })

  test('what a service waits for is in its profile, or in none', () => {
    for (const [name, { profiles, depends_on = {} }] of services)
      for (const needed of Object.keys(depends_on)) {
        const theirs = serviceOf(needed).profiles
        const shared = theirs === undefined || theirs.some((profile) => profiles?.includes(profile))
        expect([name, needed, shared]).toEqual([name, needed, true])
      }
  })

  test.each([
    ['single', SINGLE],
    ['mosquitto', MOSQUITTO],
    ['cluster', CLUSTER],
  ])('in the shape %s no two services want one port, and all are on this machine only', (_shape, names) => {
    const ports = names.flatMap((name) => serviceOf(name).ports ?? [])
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    const wanted = ports.map((port) => port.split(':')[1])
    expect(new Set(wanted).size).toBe(wanted.length)
    expect(wanted).toEqual(expect.arrayContaining(['3000', '1883']))
  })

  test('every service is restarted when it fails, but for the one that is run by hand', () => {
    for (const [name, { restart }] of services)
      expect([name, restart]).toEqual([name, name === 'sluice-cli' ? 'no' : 'unless-stopped'])
  })

  test('every service has a bound of memory, and a check of its health', () => {
    for (const [name, { deploy, healthcheck, build }] of services) {
      expect([name, deploy?.resources.limits.memory]).toEqual([name, expect.stringMatching(/^\d+[mg]$/)])
      // Ours has its own in the Dockerfile.
      expect([name, (healthcheck?.test.length ?? 0) > 1]).toEqual([name, build === undefined])
    }
  })

  test('images of others are pinned to a major version', () => {
    for (const [name, { image, build }] of services)
      expect([name, build ?? image]).toEqual([name, expect.stringMatching(/^\.$|^[\w/-]+:v?\d+(\.|-|$)/)])
  })

  test('Sluice starts once Postgres and Redis answer their health checks, HAProxy once the nodes do', () => {
    for (const [, { depends_on = {} }] of services)
      for (const { condition } of Object.values(depends_on)) expect(condition).toBe('service_healthy')
    for (const [, { depends_on = {} }] of ours)
      expect(Object.keys(depends_on)).toEqual(expect.arrayContaining(['postgres', 'redis']))
    expect(Object.keys(serviceOf('haproxy').depends_on ?? {})).toEqual(['sluice-1', 'sluice-2', 'sluice-3'])
  })

  test('every volume that is used is named, and every Sluice that runs keeps its data in one of its own', () => {
    const volumes = services.flatMap(([, service]) => service.volumes ?? [])
    const used = volumes.map((volume) => volume.split(':')[0] ?? '').filter((name) => !name.startsWith('.'))
    expect([...new Set(used)].sort()).toEqual(Object.keys(compose.volumes).sort())
    expect(sluice.volumes).toEqual(['sluice-data:/data'])
    nodes.forEach((node, index) => {
      expect(node.volumes).toEqual([`sluice-${index + 1}-data:/data`])
    })
    expect(readText('Dockerfile')).toMatch(/DATA_DIR=\/data\b/)
  })

  test('every file of this repository that is mounted is there', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes.filter((one) => one.startsWith('./')))
    const files = mounted
      .map((one) => filledIn(one).split(':')[0] ?? '')
      .filter((path) => path !== './mosquitto')
    expect(files).toEqual(expect.arrayContaining(['./deploy/haproxy.cfg', './docs/grafana/sluice.json']))
    for (const file of files) expect([file, readText(file.slice(2)).length > 0]).toEqual([file, true])
  })

  test('the settings of each Sluice are accepted by the program and reach the other services', () => {
    for (const service of [sluice, ...nodes]) {
      const config = loadConfig(settingsOf(service), '/app')
      expect(config.http).toEqual({ host: '0.0.0.0', port: 3000 })
      expect(config.mqtt).toEqual({ host: '0.0.0.0', port: 1883 })
      const database = new URL(config.databaseUrl ?? '')
      expect(database.hostname).toBe('postgres')
      expect(database.username).toBe(postgres.environment?.POSTGRES_USER)
      expect(database.password).toBe(filledIn(postgres.environment?.POSTGRES_PASSWORD ?? ''))
      expect(database.pathname).toBe(`/${postgres.environment?.POSTGRES_DB}`)
      expect(new URL(config.redisUrl ?? '').hostname).toBe('redis')
    }
    expect(new URL(settingsOf(serviceOf('sluice-mosquitto')).BROKER_URL ?? '').hostname).toBe('mosquitto')
  })

  test('behind HAProxy no node holds all clients for those of one address', () => {
    for (const node of nodes) {
      const { limits } = loadConfig(settingsOf(node), '/app')
      expect(settingsOf(node).CLUSTER).toBe('true')
      expect(limits.maxConnectionsPerAddress).toBe(limits.maxConnections)
      expect(node.ulimits?.nofile).toBeGreaterThan(2 * limits.maxConnections)
    }
    expect(readText('deploy/haproxy.cfg')).toMatch(/presetenv MAX_PER_ADDRESS 1000$/m)
  })

  test('what HAProxy looks for without settings is what the services are called and listen on', () => {
    const addresses = readText('deploy/haproxy.cfg').matchAll(/presetenv NODE(\d)_(MQTT|HTTP) (\S+)$/gm)
    const found = Array.from(addresses, ([, node, what, address]) => [node, what, address])
    const wanted = ['MQTT', 'HTTP'].flatMap((what) =>
      nodes.map((node, index) => {
        const { PORT, MQTT_PORT } = settingsOf(node)
        return [`${index + 1}`, what, `sluice-${index + 1}:${what === 'HTTP' ? PORT : MQTT_PORT}`]
      }),
    )
    expect(found).toEqual(wanted)
  })

  test('Redis evicts nothing and keeps what it is told: the sessions of a cluster are there alone', () => {
    const command = (serviceOf('redis') as { readonly command?: readonly string[] }).command?.join(' ')
    expect(command).toContain('--maxmemory-policy noeviction')
    expect(command).toContain('--appendonly yes')
  })

  test('every other setting comes from .env, if there is one, and a copy of .env.example moves nothing', () => {
    for (const [, { env_file }] of ours) expect(env_file).toEqual([{ path: '.env', required: false }])
    const lines = readText('.env.example').split('\n')
    const pairs = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s, 2))
    const fixed = Object.entries(settingsOf(sluice))
    const config = (env: readonly (readonly string[])[]) => loadConfig(Object.fromEntries(env), '/app')
    const runs = { ...config(fixed), retention: { days: 30, minuteDays: 730, hourDays: 0 } }
    expect(config([...pairs, ['RETENTION_DAYS', '30'], ...fixed])).toEqual(runs)
    expect(runs.dataDir).toBe('/data')
  })

  test('a stop is given more time than Sluice takes for it', () => {
    for (const [, { stop_grace_period }] of ours) {
      const seconds = Number(/^(\d+)s$/.exec(stop_grace_period ?? '')?.[1])
      expect(seconds * 1000).toBeGreaterThan(loadConfig({}, '/').shutdownTimeoutMs)
    }
  })
})

describe('what watches the containers', () => {
  test('Prometheus scrapes every Sluice of a shape by its name and port, and knows our alerts', () => {
    const targetsOf = (shape: string): readonly string[] =>
      (parse(readText(`deploy/prometheus/${shape}.yml`)) as { targets: readonly string[] }[]).flatMap(
        ({ targets }) => targets,
      )
    expect(targetsOf('single')).toEqual(['sluice:3000'])
    expect(targetsOf('mosquitto')).toEqual(['sluice-mosquitto:3000'])
    expect(targetsOf('cluster')).toEqual(['sluice-1:3000', 'sluice-2:3000', 'sluice-3:3000', 'haproxy:8404'])
    const prometheus = parse(readText('deploy/prometheus/prometheus.yml'))
    const mounts = serviceOf('prometheus').volumes?.map((one) => filledIn(one).split(':')[1])
    expect(mounts).toEqual(expect.arrayContaining(prometheus.rule_files))
    expect(mounts).toEqual(expect.arrayContaining(prometheus.scrape_configs[0].file_sd_configs[0].files))
  })

  test('Grafana is given our dashboard where it looks for some, and that Prometheus', () => {
    const { providers } = parse(readText('deploy/grafana/dashboards.yml'))
    const mounts = serviceOf('grafana').volumes?.map((one) => one.split(':').slice(0, 2).join(' → '))
    expect(mounts).toContain(`./docs/grafana/sluice.json → ${providers[0].options.path}/sluice.json`)
    const { datasources } = parse(readText('deploy/grafana/datasource.yml'))
    expect(datasources).toEqual([
      expect.objectContaining({ type: 'prometheus', url: 'http://prometheus:9090' }),
    ])
    expect(Object.keys(serviceOf('grafana').depends_on ?? {})).toEqual(['prometheus'])
  })
})
