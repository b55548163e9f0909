import { type Command, type CommandContext, CommandError, type Words } from '../command.ts'
import { printable } from '../printable.ts'
import { commandFor, existing, type Kind, nameOf } from './holder-kind.ts'
import { withCredentials } from './open-credentials.ts'

const revoke = async (kind: Kind, words: Words, context: CommandContext): Promise<number> => {
  const name = nameOf(words, kind)
  return await withCredentials(context, async (store) => {
    const { revokedAt } = await existing(store, kind, name)
    if (!(await store.revoke(name))) throw new CommandError(`${printable(name)} was removed meanwhile`)
    const done = revokedAt === null ? 'is revoked: its connections are closed' : 'was revoked already'
    await context.terminal.out(`${printable(name)} ${done}\n`)
    await context.terminal.err(`It is good again with a new secret: ${commandFor(kind, 'rotate', name)}\n`)
    return 0
  })
}

/** `device revoke`, `user revoke` */
export const createRevoke = (kind: Kind): Command => ({
  name: `${kind} revoke`,
  usage: kind === 'device' ? 'ID' : 'NAME',
  summary: 'Lets it in no more, and closes its connections at once; its name stays taken.',
  options: {},
  run: (words, context) => revoke(kind, words, context),
})
