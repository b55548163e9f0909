/** The processor time of processes, from /proc: what each of them used of the cores that all share. */
import { readFile } from 'node:fs/promises'
import { monotonicMs } from './jobs.ts'

/** Of the kernel's counters, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** A process; `family`: with all its children, also those that are gone. */
export interface Watched {
  readonly pid: number
  readonly family?: boolean
}

export interface CpuSample {
  readonly at: number
  /** Seconds of processor time by name. */
  readonly used: ReadonlyMap<string, number>
}

/** The fields behind a process' name, which may hold blanks: utime is the 12th, stime, cutime and cstime follow. */
const timesOf = async (pid: number | string): Promise<readonly number[]> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields.slice(11, 15).map((ticks) => Number(ticks) / TICKS_PER_SECOND)
}

const childrenOf = async (pid: number): Promise<readonly string[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')).trim().split(' ')

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

const usedBy = async ({ pid, family = false }: Watched): Promise<number> => {
  const own = await timesOf(pid)
  if (!family) return sum(own.slice(0, 2))
  const children = await Promise.all((await childrenOf(pid)).map(timesOf))
  return sum([...own, ...children.flatMap((times) => times.slice(0, 2))])
}

/** Everything that ran on the machine, but for waiting. */
const usedByAll = async (): Promise<number> => {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) / TICKS_PER_SECOND)
  return user + nice + system + irq + softirq
}

export const MACHINE = 'whole machine'

/** What these and the whole machine have used by now. */
export const sampleCpu = async (watched: ReadonlyMap<string, Watched>): Promise<CpuSample> => {
  const at = monotonicMs()
  const used = [...watched].map(async ([name, one]) => [name, await usedBy(one)] as const)
  return { at, used: new Map([...(await Promise.all(used)), [MACHINE, await usedByAll()]]) }
}

/** Cores used between two samples, by name. */
export const coresBetween = (before: CpuSample, after: CpuSample): ReadonlyMap<string, number> => {
  const seconds = (after.at - before.at) / 1000
  return new Map(
    [...after.used].map(([name, used]) => [name, (used - (before.used.get(name) ?? 0)) / seconds]),
  )
}
