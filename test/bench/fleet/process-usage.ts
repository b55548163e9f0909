import { readFile } from 'node:fs/promises'
import { monotonicMs } from '../jobs.ts'

/** Linux counts a process's time in these. */
const TICKS_PER_SECOND = 100

const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')

/** Resident memory in MiB; NaN where there is no /proc. */
export const residentMiB = async (pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+)/.exec(await read(`/proc/${pid}/status`))?.[1]) / 1024

/** Seconds of processor time the process has used, all its threads together. */
const processorSeconds = async (pid: number): Promise<number> => {
  const stat = await read(`/proc/${pid}/stat`)
  // The name in brackets may hold blanks: user and system time are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Connections that a full listen backlog has turned away so far, on the whole machine: each tries anew a second later. */
const listenDrops = async (): Promise<number> => {
  const [names, values] = (await read('/proc/net/netstat'))
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
  const column = names?.split(' ').indexOf('ListenDrops') ?? -1
  return Number(values?.split(' ')[column])
}

/** Seconds that all cores together did not idle; what the host of a virtual machine took away counts as well. */
const machineSeconds = async (): Promise<number> => {
  const [user, nice, system, , , irq, softirq, steal] =
    (await read('/proc/stat')).split('\n', 1)[0]?.split(/ +/).slice(1) ?? []
  const ticks = [user, nice, system, irq, softirq, steal].map(Number)
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND
}

export interface Usage<T> {
  readonly result: T
  /** Used by the process while `work` ran, on average. */
  readonly cores: number
  /** Used by everything on the machine, that process included. */
  readonly machineCores: number
  readonly listenDrops: number
}

const countersOf = async (pid: number) => {
  const [process, machine, drops] = await Promise.all([
    processorSeconds(pid),
    machineSeconds(),
    listenDrops(),
  ])
  return { at: monotonicMs(), process, machine, drops }
}

/** Runs `work` and tells what the process used meanwhile; NaN where there is no /proc. */
export const usageDuring = async <T>(pid: number, work: () => Promise<T>): Promise<Usage<T>> => {
  const before = await countersOf(pid)
  const result = await work()
  const after = await countersOf(pid)
  const seconds = (after.at - before.at) / 1000
  return {
    result,
    cores: (after.process - before.process) / seconds,
    machineCores: (after.machine - before.machine) / seconds,
    listenDrops: after.drops - before.drops,
  }
}
