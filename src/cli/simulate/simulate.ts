/** `sluice simulate`: boards that behave as those of the field, until it is interrupted. */
import { loadConfig } from '../../load-config.ts'
import { isLoopback } from '../../setting-values.ts'
import { type Command, type CommandContext, CommandError, type Words } from '../command.ts'
import { explainConnect } from '../connect-advice.ts'
import {
  MQTT_TARGET_OPTIONS,
  MQTT_TARGET_USAGE,
  type MqttTarget,
  mqttTargetOf,
  targetUrl,
} from '../mqtt-target.ts'
import { FLAG, TEXT } from '../option-words.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { openLink } from './link.ts'
import { makeBoards } from './make-boards.ts'
import { progressLine, summaryText } from './progress.ts'
import { removeSimulated } from './remove-simulated.ts'
import { type SimulateOptions, simulateOptionsOf } from './simulate-options.ts'

const REDRAW_MS = 1_000
const LINE_MS = 10_000
const USER_HINT =
  'with credentials on, one user of role bridge speaks for all boards: npx sluice user add sim --role bridge'

const monotonic = (): number => performance.now()

/** What is written is real data to whoever has that Sluice. */
const confirm = async (target: MqttTarget, words: Words, { terminal }: CommandContext): Promise<void> => {
  if (isLoopback(target.host) || words.options.yes === true) return
  const where = targetUrl(target)
  if (terminal.ask === undefined)
    throw new CommandError(`${where} is another machine, and simulated readings stay in its data: say --yes`)
  const answer = await terminal.ask(
    `${where} is another machine. Simulated readings stay in its data. Go on? [y/N] `,
  )
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('nothing was sent')
}

/** Writes the progress until the returned function is called. */
const tellProgress = (fleet: Fleet, { terminal }: CommandContext): (() => Promise<void>) => {
  const startedAt = monotonic()
  const everyMs = terminal.rewrites ? REDRAW_MS : LINE_MS
  let last = { acked: 0, at: startedAt }
  const tell = (): void => {
    const [stats, at] = [fleet.stats(), monotonic()]
    const rate = ((stats.acked - last.acked) * 1_000) / Math.max(1, at - last.at)
    last = { acked: stats.acked, at }
    const line = progressLine(stats, rate, at - startedAt)
    terminal.err(terminal.rewrites ? `\r${line}\u001b[K` : `${line}\n`).catch(() => undefined)
  }
  const timer = setInterval(tell, everyMs)
  return async () => {
    clearInterval(timer)
    if (terminal.rewrites) await terminal.err('\r\u001b[K')
  }
}

/** Resolves when the time is up, or with Ctrl-C. */
const theEnd = ({ forMs }: SimulateOptions, { onInterrupt }: CommandContext) => {
  let forget = (): void => undefined
  let timer: NodeJS.Timeout | undefined
  const reached = new Promise<void>((resolve) => {
    forget = onInterrupt(resolve)
    if (forMs !== undefined) timer = setTimeout(resolve, forMs)
  })
  return {
    reached,
    /** From here on a second Ctrl-C ends the process at once. */
    forget: (): void => {
      clearTimeout(timer)
      forget()
    },
  }
}

const simulate = async (words: Words, context: CommandContext): Promise<number> => {
  const config = loadConfig(context.env, context.cwd)
  if (words.options.remove === true) return await removeSimulated(words, context, config)
  const options = simulateOptionsOf(words)
  const target = await mqttTargetOf(words, context, config)
  await confirm(target, words, context)
  const { terminal, now } = context
  const boards = makeBoards(options, now())
  const fleet = createFleet(
    boards,
    { open: (board, on) => openLink(target, board, on), now, monotonic },
    options,
  )
  const end = theEnd(options, context)
  const startedAt = monotonic()
  try {
    const started = fleet.start().catch((error) => {
      const { problem, advice } = explainConnect(error, target)
      const isLogin = problem.includes('credentials')
      throw new CommandError(`${problem}: ${isLogin ? USER_HINT : advice}`)
    })
    await Promise.race([started, end.reached])
    await terminal.err(`${boards.length} boards at ${targetUrl(target)}; Ctrl-C ends them in order\n`)
    const told = tellProgress(fleet, context)
    await end.reached
    await told()
    await terminal.err('boards go offline\n')
  } finally {
    end.forget()
    await fleet.stop()
  }
  const stats = fleet.stats()
  await terminal.out(summaryText(stats, monotonic() - startedAt))
  if (stats.acked > 0) return 0
  throw new CommandError('nothing was acked: see `npx sluice doctor`, and the log of Sluice')
}

export const simulateCommand: Command = {
  name: 'simulate',
  usage:
    '[--boards 20] [--rate 1] [--cameras N] [--faulty N] [--clockless N] [--for 60s] [--seed N] [--prefix sim-] ' +
    `[--yes] ${MQTT_TARGET_USAGE} | --remove [--prefix sim-] [--url URL] [--user NAME --password SECRET] [--yes]`,
  summary:
    'Boards over MQTT that behave as real ones, until Ctrl-C; --remove makes Sluice forget them (their readings stay).',
  options: {
    ...MQTT_TARGET_OPTIONS,
    boards: TEXT,
    rate: TEXT,
    cameras: TEXT,
    faulty: TEXT,
    clockless: TEXT,
    for: TEXT,
    seed: TEXT,
    prefix: TEXT,
    yes: FLAG,
    remove: FLAG,
    url: TEXT,
  },
  run: simulate,
}
