import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  createBridgeEmitter,
  createLevelSpool,
  createPartitions,
  createPostgresPool,
  createPostgresSink,
  drainSpool,
  migrate,
} from '../../../bridge/index.ts'
import { type Command, type CommandContext, CommandError, UsageError, type Words } from '../command.ts'
import { TEXT, textOption } from '../option-words.ts'
import { findDatabase } from '../stores.ts'
import { counted } from '../table.ts'

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** The folder of a spool, or the DATA_DIR that it is in. Nothing is made where there is none. */
const spoolIn = async (dir: string): Promise<string> => {
  for (const folder of [dir, join(dir, 'spool')]) if (await isThere(join(folder, 'CURRENT'))) return folder
  throw new CommandError(
    `there is no spool in ${dir}: name the DATA_DIR of the node, or the folder spool in it`,
  )
}

const drain = async (words: Words, context: CommandContext): Promise<number> => {
  const { terminal, cwd, now: clock } = context
  const dir = textOption(words, 'dir')
  if (dir === undefined || words.rest.length > 0) throw new UsageError('which spool? --dir DIR')
  const folder = await spoolIn(resolve(cwd, dir))
  const { url } = await findDatabase(context)
  const pool = createPostgresPool({ url, maxConnections: 1 })
  const partitions = createPartitions({ pool, clock })
  const prepare = async (): Promise<void> => {
    await migrate(url)
    await partitions.ensureAhead()
  }
  const sink = createPostgresSink({ partitions, prepare }, { url, isShared: true })
  let stop = (): void => undefined
  const release = context.onInterrupt(() => stop())
  try {
    const drained = await drainSpool({
      spool: createLevelSpool({ clock }, { folder }),
      ...{ sink, events: createBridgeEmitter(), clock, random: Math.random },
      monotonic: () => performance.now(),
      onStarted: (given) => {
        stop = given
      },
    })
    const { readings, deadLetters, known, isDone } = drained
    await terminal.out(
      `${counted(readings, 'reading')} and ${counted(deadLetters, 'dead letter')} stored, ` +
        `${counted(known, 'reading')} in the table already\n`,
    )
    if (!isDone) await terminal.err('interrupted: what is left stays in the spool\n')
    return isDone ? 0 : 1
  } finally {
    release()
    await sink.close()
    await pool.end()
  }
}

export const spoolDrain: Command = {
  name: 'spool drain',
  usage: '--dir DIR',
  summary: 'Stores what a node that is gone left in its spool; refuses while the node runs.',
  options: { dir: TEXT },
  run: drain,
}
