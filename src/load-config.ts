/**
 * Environment → `Config`, as one pure function. Every problem is found before any is reported, so one
 * failed start is enough to mend them all; the value of a secret is never part of a message.
 */
import { resolve } from 'node:path'
import { z } from 'zod'
import { BROKER_SETTINGS, toBroker } from './broker-settings.ts'
import type { Config } from './config.ts'
import { LIMIT_SETTINGS, toLimits } from './limit-settings.ts'
import { MASK, redactUrl } from './redact.ts'
import { crossProblems } from './setting-rules.ts'
import {
  discoveryPrefix,
  flag,
  host,
  oneOf,
  origins,
  redisUrl,
  size,
  text,
  url,
  whole,
} from './setting-values.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const port = () => whole(0, 65_535, '0 means any free port')
const cacheMax = () => whole(1, 10_000_000, 'entries')
const ms = (min: number, max: number) => whole(min, max, 'milliseconds')
const days = (what: string) => whole(0, 36_500, `days; 0 keeps ${what} for ever`)
const ttlMs = () => ms(1, 86_400_000)

const SETTINGS = z.object({
  PORT: port().default(3000),
  MQTT_PORT: port().default(1883),
  HOST: host().optional(),
  TLS_CERT: text().optional(),
  TLS_KEY: text().optional(),
  TLS_CA: text().optional(),
  MQTT_TLS_PORT: port().default(8883),
  HTTPS_PORT: port().default(3443),
  ALLOW_ANONYMOUS: flag().default(false),
  ALLOWED_ORIGINS: origins().optional(),
  API_KEY: text().optional(),
  LEGACY_OPEN: flag().default(false),
  ...BROKER_SETTINGS,
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  DATABASE_READ_URL: url('postgres:', 'postgresql:').optional(),
  REDIS_URL: redisUrl().optional(),
  CLUSTER: flag().default(false),
  DATA_DIR: text().default('data'),
  USEDB: flag().default(true),
  SPOOL_MAX_BYTES: size(65_536).default(10 * 2 ** 30),
  SPOOL_MAX_MEMORY_BYTES: size(65_536).default(256 * 2 ** 20),
  RATE_LIMIT_MAX: whole(1, 1_000_000_000, 'requests per minute').default(1000),
  NODE_ENV: oneOf(['development', 'production', 'test']).default('production'),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  RETENTION_DAYS: days('readings').default(90),
  RETENTION_MINUTE_DAYS: days('minutes').default(730),
  RETENTION_HOUR_DAYS: days('hours').default(0),
  CACHE_DEVICES_MAX: cacheMax().default(10_000),
  CACHE_DEVICES_TTL_MS: ttlMs().default(300_000),
  CACHE_READINGS_MAX: cacheMax().default(10_000),
  CACHE_READINGS_TTL_MS: ttlMs().default(120_000),
  CACHE_QUERIES_MAX: cacheMax().default(1000),
  CACHE_QUERIES_TTL_MS: ttlMs().default(60_000),
  CACHE_SWEEP_MS: ms(100, 3_600_000).default(30_000),
  BATCH_DEVICES_MS: ms(1, 60_000).default(100),
  BATCH_READINGS_MS: ms(1, 60_000).default(200),
  BATCH_BUZZER_MS: ms(1, 60_000).default(150),
  FRAMES_KEEP_MS: ms(1_000, 31_536_000_000).default(600_000),
  FRAMES_MAX_BYTES: size(65_536).default(4 * 2 ** 30),
  HA_DISCOVERY: flag().default(false),
  HA_DISCOVERY_PREFIX: discoveryPrefix().default('homeassistant'),
  RECOGNITION_URL: url('http:', 'https:').optional(),
  RECOGNITION_TIMEOUT_MS: ms(1, 600_000).default(3_000),
  ...LIMIT_SETTINGS,
  SHUTDOWN_TIMEOUT_MS: ms(100, 600_000).default(20_000),
})

type Settings = z.output<typeof SETTINGS>

/** The names of all settings, for the documents that must list them. */
export const SETTING_NAMES: readonly string[] = Object.keys(SETTINGS.shape)

const SECRETS: readonly string[] = [
  'API_KEY',
  'BROKER_URL',
  'DATABASE_URL',
  'DATABASE_READ_URL',
  'REDIS_URL',
  'RECOGNITION_URL',
]

/** The environment cannot be used. `problems` names every one; `message` holds them all, a line each. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the settings cannot be used:\n${problems.map((problem) => `- ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** What was set. Blanks around a value are not part of it, and an empty one counts as unset. */
const given = (env: Environment): Readonly<Record<string, string>> => {
  const entries = SETTING_NAMES.map((name) => [name, env[name]?.trim() ?? ''] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== ''))
}

const shown = (name: string, value: string | undefined): string => {
  if (SECRETS.includes(name)) return 'a value that is not shown'
  return JSON.stringify(value !== undefined && value.length > 60 ? `${value.slice(0, 60)}…` : (value ?? ''))
}

const deepFreeze = <T extends object>(value: T): T => {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  return Object.freeze(value)
}

const tlsOf = (set: Settings, cwd: string): Config['tls'] => {
  const { TLS_CERT, TLS_KEY, TLS_CA } = set
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined
  return {
    certPath: resolve(cwd, TLS_CERT),
    keyPath: resolve(cwd, TLS_KEY),
    caPath: TLS_CA === undefined ? undefined : resolve(cwd, TLS_CA),
    mqttPort: set.MQTT_TLS_PORT,
    httpsPort: set.HTTPS_PORT,
  }
}

const toConfig = (set: Settings, cwd: string): Config => {
  const host = set.HOST ?? (set.ALLOW_ANONYMOUS ? '0.0.0.0' : '127.0.0.1')
  return {
    nodeEnv: set.NODE_ENV,
    logLevel: set.LOG_LEVEL,
    dataDir: resolve(cwd, set.DATA_DIR),
    http: { host, port: set.PORT },
    mqtt: { host, port: set.MQTT_PORT },
    tls: tlsOf(set, cwd),
    broker: toBroker(set, cwd),
    databaseUrl: set.DATABASE_URL,
    databaseReadUrl: set.DATABASE_READ_URL,
    redisUrl: set.REDIS_URL,
    useDb: set.USEDB,
    cluster: set.CLUSTER,
    allowAnonymous: set.ALLOW_ANONYMOUS,
    allowedOrigins: set.ALLOWED_ORIGINS ?? [],
    apiKey: set.API_KEY,
    legacyOpen: set.LEGACY_OPEN,
    spool: { maxBytes: set.SPOOL_MAX_BYTES, maxMemoryBytes: set.SPOOL_MAX_MEMORY_BYTES },
    retention: {
      days: set.RETENTION_DAYS,
      minuteDays: set.RETENTION_MINUTE_DAYS,
      hourDays: set.RETENTION_HOUR_DAYS,
    },
    batch: {
      devicesMs: set.BATCH_DEVICES_MS,
      readingsMs: set.BATCH_READINGS_MS,
      buzzerMs: set.BATCH_BUZZER_MS,
    },
    cache: {
      devices: { max: set.CACHE_DEVICES_MAX, ttlMs: set.CACHE_DEVICES_TTL_MS },
      readings: { max: set.CACHE_READINGS_MAX, ttlMs: set.CACHE_READINGS_TTL_MS },
      queries: { max: set.CACHE_QUERIES_MAX, ttlMs: set.CACHE_QUERIES_TTL_MS },
      sweepMs: set.CACHE_SWEEP_MS,
    },
    rateLimitMax: set.RATE_LIMIT_MAX,
    frames: { keepMs: set.FRAMES_KEEP_MS, maxBytes: set.FRAMES_MAX_BYTES },
    recognition: { url: set.RECOGNITION_URL, timeoutMs: set.RECOGNITION_TIMEOUT_MS },
    homeAssistant: { announces: set.HA_DISCOVERY, prefix: set.HA_DISCOVERY_PREFIX },
    limits: toLimits(set),
    shutdownTimeoutMs: set.SHUTDOWN_TIMEOUT_MS,
  }
}

/**
 * The settings in `env`, deeply frozen; relative paths are taken from `cwd`.
 * Throws one `ConfigError` that names every problem.
 */
export const loadConfig = (env: Environment, cwd: string): Config => {
  const set = given(env)
  const parsed = SETTINGS.safeParse(set)
  const problems = (parsed.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0])
    return `${name} is ${shown(name, set[name])}: allowed is ${issue.message}`
  })
  problems.push(...crossProblems(set))
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return deepFreeze(toConfig(parsed.data, cwd))
}

/** The settings as they may be printed: passwords in URLs and keys are masked. */
export const redact = (config: Config): Config => ({
  ...config,
  broker: config.broker && { ...config.broker, url: redactUrl(config.broker.url) },
  databaseUrl: config.databaseUrl === undefined ? undefined : redactUrl(config.databaseUrl),
  databaseReadUrl: config.databaseReadUrl === undefined ? undefined : redactUrl(config.databaseReadUrl),
  redisUrl: config.redisUrl === undefined ? undefined : redactUrl(config.redisUrl),
  recognition: {
    ...config.recognition,
    url: config.recognition.url === undefined ? undefined : redactUrl(config.recognition.url),
  },
  apiKey: config.apiKey === undefined ? undefined : MASK,
})
