import type { Evidence } from './evidence.ts'

/** A line of a stack trace: `    at name (file:1:2)`. */
const STACK = /^\s+at .+:\d+:\d+\)?$/m
/** The levels that matter, as the log names them. */
const FATAL = 'fatal'
const ERROR = 'error'
const UNCAUGHT = /uncaught|unhandled/i
const REMAINDER = /remainder|balance/i

const textsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}

const isTrouble = (line: Readonly<Record<string, unknown>>): boolean => {
  if (line.level === FATAL) return true
  if (textsIn(line).some((text) => STACK.test(text) || UNCAUGHT.test(text))) return true
  return line.level === ERROR && REMAINDER.test(String(line.msg))
}

const endProblem = ({ code, signal, stderr }: Evidence['ends'][number]): readonly string[] => {
  const problems: string[] = []
  // Only SIGKILL is ever sent to end it at once; whoever asks in order gets a 0.
  if (signal !== null ? signal !== 'SIGKILL' : code !== 0) {
    problems.push(`process: ended with ${signal === null ? `code ${code}` : signal}`)
  }
  if (stderr.trim() !== '') problems.push(`process: on stderr: ${stderr.trim().slice(0, 2_000)}`)
  return problems
}

/** A process that is killed may leave half a line; whatever else is no JSON was not written by the log. */
const strayLines = ({ ends, log }: Pick<Evidence, 'ends' | 'log'>): readonly string[] => {
  const stray = log.filter((line) => 'unreadable' in line)
  const kills = ends.filter(({ signal }) => signal === 'SIGKILL').length
  return stray.length <= kills ? [] : [`log: ${stray.length} lines are no JSON: ${JSON.stringify(stray[0])}`]
}

/** The processes ended as they were told to, and none of them said that something broke inside. */
export const judgeProcess = ({ ends, log }: Pick<Evidence, 'ends' | 'log'>): readonly string[] => [
  ...ends.flatMap(endProblem),
  ...strayLines({ ends, log }),
  ...log.filter(isTrouble).map((line) => `log: ${JSON.stringify(line).slice(0, 2_000)}`),
]

/** How often each line was logged as an error or worse, for the report. */
export const errorsLogged = (log: Evidence['log']): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const line of log) {
    if (line.level !== ERROR && line.level !== FATAL) continue
    const text = String(line.msg)
    counts[text] = (counts[text] ?? 0) + 1
  }
  return counts
}
