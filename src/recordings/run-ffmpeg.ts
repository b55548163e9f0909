/** One run of ffmpeg: pictures in through its standard input, an exit code out; ended for certain in the end. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export interface Run {
  /** A name found on PATH, or a path. */
  readonly program: string
  readonly arguments: readonly string[]
  /** Must not throw. */
  readonly input: AsyncIterable<Uint8Array>
  readonly timeoutMs: number
  /** Ends the run when it is aborted. */
  readonly signal: AbortSignal
}

export type RunEnd =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly reason: 'missing' | 'timeout' | 'aborted' | 'failed'
      /** What the program said, or why it could not be run. */
      readonly detail: string
    }

type Child = ChildProcessByStdio<Writable, null, Readable>

/** Behind everything else that runs here; a machine that cannot do that goes on without. */
const NICE = 10
const KEPT_ERROR_CHARACTERS = 2_000
const MISSING: readonly unknown[] = ['ENOENT', 'EACCES', 'ENOTDIR', 'ENOEXEC']

const stepBack = (pid: number): void => {
  try {
    setPriority(pid, NICE)
  } catch {
    // It has ended already.
  }
}

/** The end of what the program wrote to standard error, as a function that gives it. */
const keepErrors = (stderr: Readable): (() => string) => {
  let kept = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-KEPT_ERROR_CHARACTERS)
  })
  return () => kept.trim()
}

const startFailure = (error: Error & { readonly code?: unknown }): RunEnd => {
  const reason = MISSING.includes(error.code) ? 'missing' : 'failed'
  return { ok: false, reason, detail: error.message }
}

/** Resolves when the program has ended and its output is closed, whatever became of it. */
const ended = (child: Child): Promise<RunEnd> =>
  new Promise((resolve) => {
    // First of all: without a listener an error event would end this process.
    child.on('error', (error) => resolve(startFailure(error)))
    // Without an id it did not start, and without free file descriptors it has no streams either.
    if (child.pid === undefined) return
    const said = keepErrors(child.stderr)
    child.once('close', (code, signal) => {
      if (code === 0) return resolve({ ok: true })
      const detail = said() === '' ? `ended with ${code ?? signal}` : said()
      resolve({ ok: false, reason: 'failed', detail })
    })
  })

const start = (program: string, args: readonly string[]): Child | RunEnd => {
  try {
    return spawn(program, [...args], { stdio: ['pipe', 'ignore', 'pipe'] })
  } catch (error) {
    return startFailure(error as Error)
  }
}

/** Runs the program until it has read `input` to its end. Resolves when it is gone; never throws. */
export const runFfmpeg = async ({ program, input, timeoutMs, signal, ...run }: Run): Promise<RunEnd> => {
  if (signal.aborted) return { ok: false, reason: 'aborted', detail: 'stopped before it began' }
  const child = start(program, run.arguments)
  if ('ok' in child) return child
  const end = ended(child)
  if (child.pid === undefined) return end
  stepBack(child.pid)
  let cut: 'timeout' | 'aborted' | undefined
  const kill = (why: 'timeout' | 'aborted'): void => {
    cut ??= why
    child.kill('SIGKILL')
  }
  const onAbort = (): void => kill('aborted')
  const timer = setTimeout(() => kill('timeout'), timeoutMs)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    // What goes wrong with the program shows in how it ends.
    await pipeline(input, child.stdin).catch(() => undefined)
    const result = await end
    if (result.ok || cut === undefined) return result
    return { ok: false, reason: cut, detail: cut === 'timeout' ? `not done in ${timeoutMs} ms` : 'stopped' }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
