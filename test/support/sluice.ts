/** The built program as a process of its own, to be talked to, signalled and killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.ts'

export interface Sluice {
  readonly http: string
  /** Of the external broker, where there is one. */
  readonly mqttPort: number
  readonly httpPort: number
  /** MQTT over WebSocket. */
  readonly webSocket: string
  readonly dataDir: string
  readonly pid: number
  /** Its log lines so far, parsed. */
  readonly log: readonly Readonly<Record<string, unknown>>[]
  /** Sends a signal; resolves with how the process ended. */
  end(signal: NodeJS.Signals): Promise<Ended>
  signal(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

export type Settings = Readonly<Record<string, string>>

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)))
const main = join(root.endsWith('dist') ? root : join(root, 'dist'), 'src/main.js')

/** A folder of its own for DATA_DIR, below one that is removed by `cleanup`. */
export const freshDataDir = async (): Promise<{ dataDir: string; cleanup(): Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'))
  return { dataDir: join(folder, 'data'), cleanup: () => rm(folder, { recursive: true, force: true }) }
}

const ANY_PORTS = { PORT: '0', MQTT_PORT: '0', HTTPS_PORT: '0', MQTT_TLS_PORT: '0' }

interface Running {
  readonly child: ChildProcess
  readonly log: Readonly<Record<string, unknown>>[]
  readonly ended: Promise<Ended>
}

/** A line of its log. A process that is killed may leave half of one. */
export const parseLogLine = (line: string): Readonly<Record<string, unknown>> => {
  try {
    return JSON.parse(line)
  } catch {
    return { unreadable: line }
  }
}

const spawnSluice = (settings: Settings): Running => {
  if (!existsSync(main)) throw new Error(`${main} is missing: run npm run build (npm test does) first`)
  const child = spawn(process.execPath, [main], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, ...ANY_PORTS, NODE_ENV: 'test', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: Readonly<Record<string, unknown>>[] = []
  let stderr = ''
  createInterface({ input: child.stdout }).on('line', (line) => log.push(parseLogLine(line)))
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended = new Promise<Ended>((settle) => {
    child.once('close', (code, signal) => settle({ code, signal, stderr }))
  })
  return { child, log, ended }
}

/** Runs it with these settings until it ends by itself: for what must not start. */
export const runSluice = async (
  settings: Settings,
): Promise<Ended & { readonly log: readonly Readonly<Record<string, unknown>>[] }> => {
  const { ended, log } = spawnSluice(settings)
  return { ...(await ended), log }
}

/** Starts it and waits for its `listening` line; the caller ends it. */
export const startSluice = async (settings: Settings & { readonly DATA_DIR: string }): Promise<Sluice> => {
  const { child, log, ended } = spawnSluice(settings)
  let end: Ended | undefined
  void ended.then((result) => {
    end = result
  })
  const listening = await eventually(() => {
    if (end !== undefined) throw new Error(`Sluice ended: ${JSON.stringify(end)} ${JSON.stringify(log)}`)
    return log.find(({ msg }) => msg === 'listening')
  }, 60_000)
  const http = new URL(String(listening.http))
  const mqtt = new URL(String(listening.mqtt ?? listening.broker))
  return {
    http: http.origin,
    httpPort: Number(http.port),
    mqttPort: Number(mqtt.port),
    webSocket: `ws://${http.host}/mqtt`,
    dataDir: settings.DATA_DIR,
    pid: child.pid ?? -1,
    log,
    ended,
    signal: (signal) => void child.kill(signal),
    end: (signal) => {
      child.kill(signal)
      return ended
    },
  }
}
