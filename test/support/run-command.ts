/** Commands of the built `sluice` as processes of their own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Sluice } from './sluice.ts'

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)))
const main = join(root.endsWith('dist') ? root : join(root, 'dist'), 'src/cli/main.js')

export interface CommandEnd {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** The settings with which a command finds this Sluice. */
export const settingsOf = ({ dataDir, httpPort, mqttPort }: Sluice): Readonly<Record<string, string>> => ({
  DATA_DIR: dataDir,
  PORT: String(httpPort),
  MQTT_PORT: String(mqttPort),
})

export interface RunningCommand {
  readonly ended: Promise<CommandEnd>
  /** Ctrl-C. */
  interrupt(): void
}

/** Starts a command line. */
export const startCommand = (line: string, env: Readonly<Record<string, string>>): RunningCommand => {
  const child = spawn(process.execPath, [main, ...line.split(' ')], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    text.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    text.err += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }))
  return { ended, interrupt: () => void child.kill('SIGINT') }
}

/** Runs a command line to its end. */
export const runCommand = (line: string, env: Readonly<Record<string, string>>): Promise<CommandEnd> =>
  startCommand(line, env).ended
