/** A Mosquitto of the test's own: loopback only, on a folder that outlives its restarts. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { freePort } from './redis.ts'

export interface TestMosquitto {
  readonly port: number
  readonly url: string
  readonly folder: string
  /** Ends it in order: what is persistent is written. */
  stop(): Promise<void>
  /** Kills it as a crash would: what was not saved is gone. */
  kill(): Promise<void>
  /** On the same port and folder; `lines` are its settings from now on. */
  start(lines?: readonly string[]): Promise<void>
  /** Makes it read its access list and password file again. */
  reload(): void
  freeze(): void
  thaw(): void
  /** Ends it and removes its folder. */
  cleanup(): Promise<void>
}

/**
 * What was acked is kept over an orderly restart, and nothing is thrown away for want of room: a bound nobody reaches, as
 * with 0 Mosquitto 2.0.11 ends the connection of whoever publishes what its access list forbids.
 */
const KEEPS = ['persistence true', 'max_queued_messages 10000000'] as const

const ANYONE = ['allow_anonymous true'] as const

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** Starts one on a free port. `lines`: more settings; absent: anyone comes in. */
export const startMosquitto = async (lines: readonly string[] = ANYONE): Promise<TestMosquitto> => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-mosquitto-'))
  const port = await freePort()
  const conf = join(folder, 'mosquitto.conf')
  let child: ChildProcess | undefined
  let settings = lines

  const start = async (given: readonly string[] = settings): Promise<void> => {
    settings = given
    // As root it would become another user, who may not write here.
    const fixed = [`listener ${port} 127.0.0.1`, 'user root', `persistence_location ${folder}/`, ...KEEPS]
    await writeFile(conf, `${[...fixed, ...settings].join('\n')}\n`)
    const started = spawn('mosquitto', ['-c', conf], { stdio: 'ignore' })
    child = started
    const failed = once(started, 'exit').then(([code]) => {
      throw new Error(`mosquitto ended at once with code ${code}`)
    })
    failed.catch(() => {})
    await Promise.race([eventually(() => answers(port)), failed])
  }

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  await start()
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    folder,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    reload: () => void child?.kill('SIGHUP'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    cleanup: async () => {
      await end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
