/**
 * Nodes of a cluster beside each other on this machine: how many QoS 1 messages a second 1, 2 and 3 of them ack and make
 * rows, what each process uses of the cores meanwhile, and what Redis is asked for a reading.
 */
import { coresBetween, MACHINE, sampleCpu } from '../cpu.ts'
import { type Generator, startGenerator } from '../generator.ts'
import type { Address } from '../jobs.ts'
import { type NodeStage, startNodes, startShared } from '../node-stage.ts'
import { callsBetween } from '../redis-usage.ts'
import type { Rows } from '../rows.ts'
import {
  type Bench,
  createGathered,
  type Gathered,
  type Line,
  problemsOf,
  rotated,
  type Scenario,
  type ScenarioReport,
  settleRows,
} from '../scenario.ts'
import { paceNodes } from './nodes-paced.ts'

const BOARDS = 50
const WINDOW = 20
const ROUND_TIMEOUT_MS = 60_000
const PAUSE_MS = 500
const WARMUP_MESSAGES = 20_000
/** Cores below this are not worth a line: a node that stands by. */
const NOTHING = 0.02

/** One way of using the nodes. */
interface Shape {
  readonly name: string
  readonly doors: readonly Address[]
  readonly rows: Rows
  readonly listenAt?: Address | undefined
}

const shapesOf = ({ nodes, alone, proxy, rows }: NodeStage): readonly Shape[] => {
  const doors = nodes.map(({ address }) => address)
  const all = rows.nodes
  return [
    { name: 'no cluster', doors: [alone.address], rows: rows.alone },
    { name: '1 node', doors: doors.slice(0, 1), rows: all },
    { name: '2 nodes', doors: doors.slice(0, 2), rows: all },
    { name: '3 nodes', doors, rows: all },
    ...(proxy === undefined ? [] : [{ name: '3 nodes, HAProxy', doors: [proxy], rows: all }]),
    { name: '2 nodes, heard at node 3', doors: doors.slice(0, 2), rows: all, listenAt: doors[2] },
  ]
}

interface Turn {
  readonly generator: Generator
  readonly stage: NodeStage
  readonly boot: string
  readonly messagesPerBoard: number
}

/** One shape's turn: its figures by label, and what is wrong with them. The cores are those until the last row. */
const takeTurn = async (shape: Shape, { generator, stage, boot, messagesPerBoard }: Turn) => {
  const { doors, rows, listenAt } = shape
  const [address, ...others] = doors
  if (address === undefined) throw new Error('a shape without a node')
  const messages = messagesPerBoard * BOARDS
  const base = await rows.cursor()
  const redisBefore = await stage.redis.usage()
  const before = await sampleCpu(stage.processes)
  const load = { address, others, listenAt, boards: BOARDS, window: WINDOW, messagesPerBoard, boot }
  const publishing = generator.run<'closed'>({ kind: 'closed', ...load }, ROUND_TIMEOUT_MS)
  publishing.catch(() => {}) // awaited below
  // With a listener it ends when nothing more is heard: the rows are there before.
  if (listenAt === undefined) await publishing
  const { movedAt } = await rows.waitForCursor(base + messages)
  const cores = coresBetween(before, await sampleCpu(stage.processes))
  const result = await publishing
  const { listener } = result
  const redisAfter = await stage.redis.usage()
  const { check } = await settleRows(rows, { base, boot, acked: result.acked })
  const perReading = (commands?: readonly string[]): number =>
    callsBetween(redisBefore, redisAfter, commands) / messages
  const figures = new Map([
    ['acks', (messages / (result.endedAt - result.startedAt)) * 1000],
    ['rows', (messages / (movedAt - result.startedAt)) * 1000],
    ['Redis messages a reading', perReading(['publish'])],
    ['Redis commands a reading', perReading()],
    ...(listener === undefined
      ? []
      : ([
          ['heard for a reading', listener.heard / messages],
          ['heard', (listener.heard / (listener.lastAt - result.startedAt)) * 1000],
        ] as const)),
  ])
  return { figures, cores, problems: problemsOf(shape.name, result, check) }
}

const linesOf = (gathered: Gathered, stage: NodeStage, shapes: readonly Shape[]): readonly Line[] => {
  const processes = [...stage.processes.keys(), MACHINE]
  return shapes.flatMap(({ name }) => [
    ...(['acks', 'rows'] as const).map((figure) => gathered.line(`${name}: ${figure}`, 'per second')),
    ...processes
      .map((process) => gathered.line(`${name}: ${process}`, 'cores'))
      .filter(({ values }) => values.some((value) => value > NOTHING)),
    gathered.line(`${name}: heard`, 'per second'),
    ...['Redis messages a reading', 'Redis commands a reading', 'heard for a reading'].map((figure) =>
      gathered.line(`${name}: ${figure}`, 'ratio'),
    ),
  ])
}

const run = async (bench: Bench): Promise<ScenarioReport> => {
  const { options } = bench
  const perBoard = Math.max(1, Math.floor(options.messages / BOARDS))
  const title = `QoS 1 to nodes of this machine, ${BOARDS} boards × window ${WINDOW}, ${perBoard * BOARDS} messages a round`
  const generator = await startGenerator(bench.cleanup)
  const shared = await startShared(bench)
  if (shared === undefined)
    return { title, lines: [], problems: [], notes: ['redis-server is not installed: left out'] }
  const stage = await startNodes(bench, shared, generator.pid)
  const shapes = shapesOf(stage)
  const gathered = createGathered()
  const problems: string[] = []

  for (let round = 0; round <= options.rounds; round++) {
    const messagesPerBoard = round === 0 ? Math.min(perBoard, WARMUP_MESSAGES / BOARDS) : perBoard
    for (const shape of rotated(shapes, round)) {
      const turn = await takeTurn(shape, { generator, stage, boot: bench.nextBoot(), messagesPerBoard })
      problems.push(...turn.problems)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      if (round === 0) continue
      for (const [figure, value] of [...turn.figures, ...turn.cores])
        gathered.add(`${shape.name}: ${figure}`, value)
    }
    bench.log(round === 0 ? 'warmed up' : `round ${round} of ${options.rounds}`)
  }
  const paced = []
  for (const one of [
    { where: 'no cluster', targets: [stage.alone], store: stage.rows.alone },
    { where: '3 nodes', targets: stage.nodes, store: stage.rows.nodes },
  ])
    paced.push(await paceNodes(bench, generator, { stage, ...one }))
  return {
    title,
    lines: [...linesOf(gathered, stage, shapes), ...paced.flatMap(({ lines }) => lines)],
    problems: [...problems, ...paced.flatMap((one) => one.problems)],
    notes: [
      'nodes that a shape leaves out are running and stand by; cores are those from the first connect to the last row',
      ...(stage.proxy === undefined ? ['haproxy is not installed: left out'] : []),
    ],
  }
}

export const nodes: Scenario = { name: 'nodes', run }
