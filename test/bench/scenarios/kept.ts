/** What a node of a cluster and its Redis hold: boards that are connected, sessions that are kept, retained latest values. */
import { readFile } from 'node:fs/promises'
import { startGenerator } from '../generator.ts'
import { startShared } from '../node-stage.ts'
import { openRows } from '../rows.ts'
import { type Bench, createGathered, problemsOf, type Scenario, type ScenarioReport } from '../scenario.ts'
import { startSluice } from '../targets.ts'

const TIMEOUT_MS = 60_000
const SETTLE_MS = 3_000
const RETAINED = ['sluice:{retained}:messages', 'sluice:{retained}:topics'] as const

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const residentKiB = async (pid: number): Promise<number> => {
  await pause(SETTLE_MS)
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))?.[1])
}

const run = async (bench: Bench): Promise<ScenarioReport> => {
  const { cleanup, options } = bench
  const boards = options.connections
  const sessions = Math.floor(boards / 2)
  const title = `a node of a cluster and its Redis, ${boards} boards connected, ${sessions} sessions kept, ${sessions} latest values`
  const shared = await startShared(bench)
  if (shared === undefined)
    return { title, lines: [], problems: [], notes: ['redis-server is not installed: left out'] }
  const { redis, redisUrl, databaseUrl } = shared
  const generator = await startGenerator(cleanup)
  const node = await startSluice(cleanup, options.tempDir, { databaseUrl, redisUrl, cluster: true })
  const rows = await openRows(databaseUrl)
  cleanup.add(rows.close)
  const { address } = node
  const gathered = createGathered()
  const used = async (): Promise<number> => (await redis.usage()).usedBytes

  const memoryBefore = await residentKiB(node.pid)
  const idleBefore = await used()
  const [idle, { connected }] = await generator.holdIdle(
    { kind: 'idle', address, boards },
    async () => ({ memory: await residentKiB(node.pid), redis: await used() }),
    TIMEOUT_MS,
  )
  gathered.add('node, no boards', memoryBefore / 1024)
  gathered.add(`node, ${boards} boards`, idle.memory / 1024)
  gathered.add('node, each board', (idle.memory - memoryBefore) / boards)
  gathered.add('Redis, bytes for each connected board', (idle.redis - idleBefore) / boards)
  bench.log('idle boards measured')

  await pause(SETTLE_MS)
  const sessionsBefore = await used()
  const keep = { kind: 'idle', address, boards: sessions, keep: true } as const
  await generator.holdIdle(keep, async () => undefined, TIMEOUT_MS)
  await pause(SETTLE_MS)
  gathered.add(
    'Redis, bytes for each session of a board that is away',
    ((await used()) - sessionsBefore) / sessions,
  )
  bench.log('sessions measured')

  const keyBytes = async (): Promise<number> => {
    const each = await Promise.all(RETAINED.map((key) => redis.keyBytes(key)))
    return each.reduce((sum, bytes) => sum + bytes, 0)
  }
  const latestBefore = await used()
  const retainedBefore = await keyBytes()
  const base = await rows.cursor()
  const boot = bench.nextBoot()
  const load = { address, boards: sessions, window: 1, messagesPerBoard: 1, boot }
  const result = await generator.run<'closed'>({ kind: 'closed', ...load }, TIMEOUT_MS)
  await rows.waitForCursor(base + sessions)
  await pause(SETTLE_MS)
  gathered.add(
    'Redis, bytes for each retained latest value',
    ((await keyBytes()) - retainedBefore) / sessions,
  )
  gathered.add('Redis, bytes for each board that sends', ((await used()) - latestBefore) / sessions)
  const check = await rows.check(boot, result.acked)
  return {
    title,
    lines: [
      gathered.line('node, no boards', 'MiB'),
      gathered.line(`node, ${boards} boards`, 'MiB'),
      gathered.line('node, each board', 'KiB'),
      ...[
        'Redis, bytes for each connected board',
        'Redis, bytes for each session of a board that is away',
        'Redis, bytes for each retained latest value',
        'Redis, bytes for each board that sends',
      ].map((label) => gathered.line(label, 'count')),
    ],
    problems: [
      ...(connected < boards ? [`only ${connected} boards stayed connected`] : []),
      ...problemsOf('a latest value of each board', result, check),
    ],
    notes: [
      'a session has one subscription at QoS 1; a board that sends has its latest values twice, as a hash and retained',
    ],
  }
}

export const kept: Scenario = { name: 'kept', run }
