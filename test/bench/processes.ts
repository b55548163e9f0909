import { type ChildProcess, fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const KEPT_LINES = 40

/** A child process with its last lines of output, for the error message when it fails. */
export interface Running {
  readonly name: string
  readonly child: ChildProcess
  readonly pid: number
  /** Resolves when it has ended, however that came. */
  readonly ended: Promise<void>
  lastLines(): string
  onLine(listener: (line: string) => void): void
  /** `signal`, then SIGKILL after `graceMs`. Resolves when it has ended. */
  end(signal: NodeJS.Signals, graceMs: number): Promise<void>
}

const eachLine = (child: ChildProcess, take: (line: string) => void): void => {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) take(line)
    })
  }
}

const watch = (name: string, child: ChildProcess): Running => {
  const kept: string[] = []
  const listeners: ((line: string) => void)[] = []
  eachLine(child, (line) => {
    kept.push(line)
    if (kept.length > KEPT_LINES) kept.shift()
    for (const listener of listeners) listener(line)
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', (error) => {
      kept.push(error.message)
      resolve()
    })
  })
  const end = async (signal: NodeJS.Signals, graceMs: number): Promise<void> => {
    child.kill(signal)
    const force = setTimeout(() => child.kill('SIGKILL'), graceMs)
    await ended
    clearTimeout(force)
  }
  return {
    name,
    child,
    pid: child.pid ?? -1,
    ended,
    lastLines: () => kept.join('\n'),
    onLine: (listener) => listeners.push(listener),
    end,
  }
}

/**
 * Children get a process group of their own: the terminal's Ctrl-C reaches the orchestrator alone, which
 * then ends them in order.
 */
export const runProgram = (
  command: { readonly name: string; readonly file: string; readonly args: readonly string[] },
  env: NodeJS.ProcessEnv,
): Running =>
  watch(
    command.name,
    spawn(command.file, command.args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] }),
  )

/** Runs a module of the bench, given relative to this folder as it is named after the build (`.js`). */
export const runModule = (name: string, module: string, env: NodeJS.ProcessEnv = process.env): Running =>
  watch(
    name,
    fork(fileURLToPath(new URL(module, import.meta.url)), [], { env, detached: true, silent: true }),
  )

/** Settles as `work` does, but rejects when the process ends or `timeoutMs` pass before that. */
export const whileRunning = async <T>(running: Running, work: Promise<T>, timeoutMs: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    const fail = (): void =>
      reject(new Error(`${running.name} did not answer in ${timeoutMs} ms\n${running.lastLines()}`))
    timer = setTimeout(fail, timeoutMs)
  })
  const died = running.ended.then(() => {
    throw new Error(`${running.name} ended unexpectedly\n${running.lastLines()}`)
  })
  try {
    return await Promise.race([work, timeout, died])
  } finally {
    clearTimeout(timer)
  }
}
