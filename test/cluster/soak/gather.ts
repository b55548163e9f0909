/** From the last fault to the evidence: boards fall silent, every node comes to rest, Postgres is asked, all end. */
import type { Traffic } from '../../oracle/boards/traffic.ts'
import { answers } from '../../oracle/end-of-run.ts'
import type { PlayedFault } from '../../oracle/timeline.ts'
import type { TrafficLog } from '../../oracle/traffic-log.ts'
import { droppedInAll } from '../../oracle/verdict/balance.ts'
import type { BalanceTotal, Evidence } from '../../oracle/verdict/evidence.ts'
import { COUNTS, gatherStored, waitUntilQuiet } from '../../oracle/verdict/gather.ts'
import { terminate } from './proof.ts'
import type { ClusterWorld } from './world.ts'

const ANSWERED_WITHIN_MS = 30_000
const QUIET_WITHIN_MS = 60_000

const total = (sheets: readonly BalanceTotal[]): BalanceTotal => {
  const dropped: Record<string, number> = {}
  for (const [reason, count] of sheets.flatMap((sheet) => Object.entries(sheet.dropped)))
    dropped[reason] = (dropped[reason] ?? 0) + count
  const sumOf = (name: (typeof COUNTS)[number]) => sheets.reduce((sum, sheet) => sum + sheet[name], 0)
  const counts = Object.fromEntries(COUNTS.map((name) => [name, sumOf(name)]))
  return { ...(counts as Record<(typeof COUNTS)[number], number>), dropped }
}

/** What is wrong with the sheet of one node by itself: what one has too many another may have too few. */
const wrongWith = (name: string, sheet: BalanceTotal): readonly string[] => {
  const { received, stored, spooled, inFlight, deduplicated, deadLettered, remainder } = sheet
  const rest = received - stored - spooled - inFlight - deduplicated - deadLettered - droppedInAll(sheet)
  return remainder === 0 && rest === 0 && spooled === 0 && inFlight === 0
    ? []
    : [`balance of ${name}: ${JSON.stringify(sheet)}`]
}

interface Sheets {
  readonly balance: BalanceTotal | null
  readonly balanceProblem: string | null
  readonly troubles: readonly string[]
}

/** The sheets of all nodes, added up. */
const readSheets = async ({ cluster }: ClusterWorld): Promise<Sheets> => {
  const sheets: BalanceTotal[] = []
  const problems: string[] = []
  const troubles: string[] = []
  for (const { name, sluice } of cluster.nodes) {
    const { balance, balanceProblem } = await waitUntilQuiet(sluice.http, QUIET_WITHIN_MS)
    if (balanceProblem !== null) problems.push(`${name}: ${balanceProblem}`)
    if (balance === null) continue
    sheets.push(balance)
    troubles.push(...wrongWith(name, balance))
  }
  const isWhole = sheets.length === cluster.nodes.length
  return {
    balance: isWhole ? total(sheets) : null,
    balanceProblem: problems.length > 0 ? problems.join('; ') : null,
    troubles,
  }
}

const stopAll = async ({ cluster }: ClusterWorld): Promise<readonly string[]> => {
  const troubles: string[] = []
  for (const node of cluster.nodes) {
    await terminate(node).catch(async (error) => {
      troubles.push(`process: ${String(error)}`)
      await node.end('SIGKILL')
    })
  }
  return troubles
}

/** Leaves no node running. */
export const gather = async (
  world: ClusterWorld,
  run: { readonly traffic: Traffic; readonly log: TrafficLog; readonly played: readonly PlayedFault[] },
): Promise<Evidence> => {
  run.traffic.stop()
  const unanswered = await answers(run.traffic, ANSWERED_WITHIN_MS)
  await run.traffic.close()
  const { balance, balanceProblem, troubles } = await readSheets(world)
  const stored = await gatherStored(world)
  const stopping = await stopAll(world)
  const runs = world.cluster.nodes.flatMap(({ name, runs: all }) => all.map((sluice) => ({ name, sluice })))
  return {
    ...stored,
    ...{ balance, balanceProblem, unanswered },
    troubles: [...troubles, ...stored.troubles, ...stopping],
    ends: await Promise.all(runs.map(({ sluice }) => sluice.ended)),
    log: runs.flatMap(({ name, sluice }) => sluice.log.map((line) => ({ node: name, ...line }))),
    traffic: run.log,
    played: run.played,
  }
}
