/**
 * Sluice as a process of its own, that comes and goes. Owns: at most one process at a time, and the start after a
 * death at a fail point. Without a fail point of the spool it is the very program that users run.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Ended, parseLogLine } from '../support/sluice.ts'
import { isWirePoint, type PostgresPoints } from './postgres-points.ts'
import type { FailPoint, SluiceProcess } from './world.ts'

export interface OwnSluiceOptions {
  /** The whole environment of the process but PATH. */
  readonly settings: Readonly<Record<string, string>>
  readonly cwd: string
  readonly points: PostgresPoints
  /** Awaited between a death at a fail point and the start that follows it. */
  readonly atFailPoint?: (point: FailPoint) => Promise<void>
}

export interface OwnSluice extends SluiceProcess {
  /** Kills it, and starts it no more. */
  close(): Promise<void>
}

interface Life {
  readonly child: ChildProcess
  readonly failPoint: FailPoint | undefined
  /** Rejects when it ended before. */
  readonly listening: Promise<void>
  readonly ended: Promise<Ended>
  isListening: boolean
  isOver: boolean
  /** A signal came by way of `signal`: its end is none of the fail point's. */
  signalled: boolean
}

type Line = Readonly<Record<string, unknown>>

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)))
const built = root.endsWith('dist') ? root : join(root, 'dist')
const REAL_MAIN = join(built, 'src/main.js')
const FAILING_MAIN = join(built, 'test/oracle/failing-main.js')
const SHOWN_LINES = 5

const environment = (settings: Readonly<Record<string, string>>, failPoint: FailPoint | undefined) => ({
  PATH: process.env.PATH,
  NODE_ENV: 'test',
  ...settings,
  ...(failPoint === undefined || isWirePoint(failPoint.name)
    ? {}
    : { FAIL_POINT: `${failPoint.name}:${failPoint.after}` }),
})

/** Not started yet. */
export const createOwnSluice = ({ settings, cwd, points, atFailPoint }: OwnSluiceOptions): OwnSluice => {
  const log: Line[] = []
  const ends: Ended[] = []
  let life: Life | undefined
  let again: Promise<void> | undefined
  let closed = false

  const run = (failPoint: FailPoint | undefined): ChildProcess => {
    const env = environment(settings, failPoint)
    const main = 'FAIL_POINT' in env || 'FULL_DISK_FILE' in env ? FAILING_MAIN : REAL_MAIN
    if (!existsSync(main)) throw new Error(`${main} is missing: run npm run build first`)
    return spawn(process.execPath, [main], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  const live = (failPoint: FailPoint | undefined): Life => {
    const child = run(failPoint)
    let stderr = ''
    child.stderr?.on('data', (chunk) => {
      stderr += chunk
    })
    const ended = new Promise<Ended>((settle) => {
      child.once('close', (code, signal) => settle({ code, signal, stderr }))
    })
    const listening = new Promise<void>((settle, reject) => {
      if (child.stdout === null) return reject(new Error('no stdout'))
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = parseLogLine(text)
        log.push(line)
        if (line.msg !== 'listening') return
        mine.isListening = true
        settle()
      })
      void ended.then((end) => {
        const tail = JSON.stringify(log.slice(-SHOWN_LINES))
        reject(new Error(`Sluice ended before it listened: ${JSON.stringify(end)} ${tail}`))
      })
    })
    listening.catch(() => {})
    const mine: Life = {
      child,
      failPoint,
      listening,
      ended: ended.then((end) => over(mine, end)),
      isListening: false,
      isOver: false,
      signalled: false,
    }
    return mine
  }

  const over = (mine: Life, end: Ended): Ended => {
    mine.isOver = true
    ends.push(end)
    points.disarm()
    const { failPoint } = mine
    if (failPoint !== undefined && end.signal === 'SIGKILL' && !mine.signalled && !closed) {
      const mineAgain = comeBack(failPoint)
      again = mineAgain
      // A failure is kept for `start` to tell of.
      mineAgain.then(
        () => again === mineAgain && forget(),
        () => {},
      )
    }
    return end
  }

  const forget = (): void => {
    again = undefined
  }

  const comeBack = async (failPoint: FailPoint): Promise<void> => {
    await atFailPoint?.(failPoint)
    if (!closed) await begin(undefined)
  }

  const begin = async (failPoint: FailPoint | undefined): Promise<void> => {
    const mine = live(failPoint)
    life = mine
    if (failPoint !== undefined && isWirePoint(failPoint.name))
      points.arm(failPoint.name, failPoint.after, () => mine.child.kill('SIGKILL'))
    try {
      await mine.listening
    } catch (error) {
      await mine.ended
      // It came to its fail point before it listened.
      if (again === undefined || failPoint === undefined) throw error
      await again
    }
  }

  const start = async (failPoint?: FailPoint): Promise<void> => {
    const pending = again
    again = undefined
    if (pending !== undefined) return pending
    if (life !== undefined && !life.isOver) return life.listening
    await begin(failPoint)
  }

  const signal = (name: NodeJS.Signals): void => {
    if (life === undefined || life.isOver) return
    life.signalled = true
    life.child.kill(name)
  }

  return {
    start,
    signal,
    log,
    ends,
    get running() {
      return life?.isListening === true && !life.isOver
    },
    get ended() {
      return life?.ended ?? Promise.reject(new Error('Sluice was never started'))
    },
    get pid() {
      return life?.isOver === false ? life.child.pid : undefined
    },
    close: async () => {
      closed = true
      signal('SIGKILL')
      await again?.catch(() => {})
      await life?.ended
    },
  }
}
