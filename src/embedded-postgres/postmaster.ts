/** One run of the postgres program: its log, its end, and how to end it. */
import type { ChildProcess } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import type { Binaries } from './binaries.ts'
import { type RunAs, spawnAs } from './run-as.ts'
import { settingsArguments } from './settings.ts'

export interface ExitReport {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The newest log lines, oldest first. */
  readonly lastLines: readonly string[]
}

export interface Postmaster {
  /** Undefined when the program could not even be started. */
  readonly pid: number | undefined
  readonly exited: Promise<ExitReport>
  lastLines(): readonly string[]
  /** Ends open transactions and stops; forced after 20 s. Resolves when the process is gone. */
  stop(): Promise<void>
}

export interface PostmasterOptions {
  readonly binaries: Binaries
  readonly runAs: RunAs
  readonly clusterDir: string
  readonly port: number
  readonly extraSettings: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

const KEPT_LINES = 30
const FAST_STOP_MS = 20_000
/** Postgres itself kills what has not ended 5 s after SIGQUIT. */
const IMMEDIATE_STOP_MS = 10_000
/** Backends share the pipe and may hold it open after the postmaster is gone. */
const LOG_TAIL_MS = 250

/** Starts it in its own process group: the terminal's Ctrl-C is for Sluice, which stops Postgres in order. */
export const startPostmaster = (options: PostmasterOptions): Postmaster => {
  const child = spawnAs(
    options.runAs,
    [
      options.binaries.postgres,
      '-D',
      options.clusterDir,
      ...settingsArguments(options.port, options.extraSettings),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  )
  const lines: string[] = []
  const keep = (line: string) => {
    lines.push(line)
    if (lines.length > KEPT_LINES) lines.shift()
    options.log(line)
  }
  const exited = watchExit(child, lines, keep)
  return {
    pid: child.pid,
    exited,
    lastLines: () => [...lines],
    stop: () => stopChild(child, exited),
  }
}

const watchExit = (
  child: ChildProcess,
  lines: readonly string[],
  keep: (line: string) => void,
): Promise<ExitReport> => {
  const reader = child.stderr === null ? undefined : createInterface({ input: child.stderr })
  reader?.on('line', keep)
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid !== undefined) return
      keep(error.message)
      resolve({ code: null, signal: null, lastLines: [...lines] })
    })
    child.once('exit', async (code, signal) => {
      if (reader !== undefined) await within(LOG_TAIL_MS, closed(reader))
      resolve({ code, signal, lastLines: [...lines] })
    })
  })
}

const closed = (reader: Interface): Promise<void> => new Promise((resolve) => reader.once('close', resolve))

const stopChild = async (child: ChildProcess, exited: Promise<unknown>): Promise<void> => {
  child.kill('SIGINT')
  if (await within(FAST_STOP_MS, exited)) return
  child.kill('SIGQUIT')
  if (await within(IMMEDIATE_STOP_MS, exited)) return
  child.kill('SIGKILL')
  await exited
}

/** True when the promise settled in time. */
const within = async (ms: number, promise: Promise<unknown>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
