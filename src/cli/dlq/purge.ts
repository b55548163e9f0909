import { type Command, type CommandContext, CommandError, type Words } from '../command.ts'
import { FLAG, TEXT } from '../option-words.ts'
import { withStores } from '../stores.ts'
import { counted } from '../table.ts'
import { filterOf, requireChoice } from './letter-words.ts'

const YES = /^y(es)?$/i

const isAllowed = async (words: Words, { terminal }: CommandContext, count: number): Promise<boolean> => {
  if (words.options.yes === true) return true
  if (terminal.ask === undefined) {
    throw new CommandError(`this deletes ${counted(count, 'dead letter')} for good: add --yes`)
  }
  return YES.test((await terminal.ask(`Delete ${counted(count, 'dead letter')} for good? [y/N] `)).trim())
}

const purge = async (words: Words, context: CommandContext): Promise<number> => {
  const { terminal } = context
  const filter = filterOf(words, context, 'before')
  requireChoice(words, Object.values(filter))
  return await withStores(context, async ({ letters }) => {
    // What comes in while the question is read was not meant.
    const upTo = await letters.newest()
    const count = await letters.count(filter, upTo)
    if (count === 0) {
      await terminal.out('no dead letters\n')
      return 0
    }
    if (!(await isAllowed(words, context, count))) {
      await terminal.err('nothing was deleted\n')
      return 1
    }
    await terminal.out(`${counted(await letters.purge(filter, upTo), 'dead letter')} deleted\n`)
    return 0
  })
}

export const dlqPurge: Command = {
  name: 'dlq purge',
  usage: '[ID…] [--device ID] [--reason R] [--before ISO|30d] [--all] [--yes]',
  summary: 'Deletes dead letters for good; asks first, or wants --yes.',
  options: { device: TEXT, reason: TEXT, before: TEXT, all: FLAG, yes: FLAG },
  run: purge,
}
