import { readFile } from 'node:fs/promises'
import { type Generator, startGenerator } from '../generator.ts'
import { type Bench, createGathered, type Scenario, type ScenarioReport } from '../scenario.ts'
import { median } from '../statistics.ts'
import { startTargets, type Target } from '../targets.ts'

const CONNECT_TIMEOUT_MS = 120_000
const SETTLE_MS = 3000
const SAMPLES = 10
const SAMPLE_EVERY_MS = 500
/** Files a broker or the generator has open besides the boards' sockets. */
const SPARE_FILES = 300
const GOAL = { atMost: 1.2 }

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const numberIn = async (file: string, pattern: RegExp): Promise<number> =>
  Number(pattern.exec(await readFile(file, 'utf8').catch(() => ''))?.[1])

/** The process's resident memory in KiB: the median over some seconds, as garbage comes and goes. */
const residentKiB = async (pid: number): Promise<number> => {
  await pause(SETTLE_MS)
  const samples: number[] = []
  for (let i = 0; i < SAMPLES; i++) {
    samples.push(await numberIn(`/proc/${pid}/status`, /VmRSS:\s+(\d+)/))
    await pause(SAMPLE_EVERY_MS)
  }
  return median(samples)
}

const measure = async (generator: Generator, target: Target, boards: number) => {
  const before = await residentKiB(target.pid)
  const job = { kind: 'idle', address: target.address, boards } as const
  const [after, { connected }] = await generator.holdIdle(
    job,
    () => residentKiB(target.pid),
    CONNECT_TIMEOUT_MS,
  )
  return { before, after, connected }
}

const run = async (bench: Bench): Promise<ScenarioReport> => {
  const wanted = bench.options.connections
  const title = `memory of ${wanted} idle boards, each with one subscription`
  // Node raises its own soft limit to the hard one; Mosquitto gets the hard one passed on.
  const files = await numberIn('/proc/self/limits', /Max open files\s+\d+\s+(\d+)/)
  if (!(files >= wanted + SPARE_FILES)) {
    const reason = Number.isNaN(files)
      ? 'it needs Linux'
      : `only ${files} open files are allowed (ulimit -Hn)`
    return { title, lines: [], problems: [], notes: [`skipped: ${reason}`] }
  }

  const generator = await startGenerator(bench.cleanup)
  const targets = await startTargets(bench)
  const gathered = createGathered()
  const problems: string[] = []
  for (const target of targets) {
    const { before, after, connected } = await measure(generator, target, wanted)
    if (connected < wanted) problems.push(`${target.name}: only ${connected} boards stayed connected`)
    gathered.add(`${target.name}, no boards`, before / 1024)
    gathered.add(`${target.name}, ${wanted} boards`, after / 1024)
    gathered.add(`${target.name}, each board`, (after - before) / wanted)
    bench.log(`${target.name} measured`)
  }
  const withBoards = (name: string): string => `${name}, ${wanted} boards`
  const ratioOf = (name: (target: string) => string) => [name('sluice'), name('aedes')] as const
  return {
    title,
    lines: [
      ...targets.flatMap(({ name }) => [
        gathered.line(`${name}, no boards`, 'MiB'),
        gathered.line(withBoards(name), 'MiB'),
        gathered.line(`${name}, each board`, 'KiB'),
      ]),
      gathered.ratio('sluice ÷ aedes, whole process', ratioOf(withBoards), GOAL),
      gathered.ratio(
        'sluice ÷ aedes, each board',
        ratioOf((name) => `${name}, each board`),
      ),
    ],
    problems,
    notes: ["Sluice's embedded Postgres is other processes and not counted"],
  }
}

export const idle: Scenario = { name: 'idle', run }
