import type { Credential } from '../../../bridge/index.ts'
import { newSecret } from '../../access/index.ts'
import { type Command, type CommandContext, CommandError, type Words } from '../command.ts'
import { printable } from '../printable.ts'
import { existing, type Kind, nameOf } from './holder-kind.ts'
import { withCredentials } from './open-credentials.ts'
import { reachOf } from './reach.ts'
import { SHOW_OPTIONS, SHOW_USAGE, showDevice, showingOf } from './show-device.ts'
import { showUser, USER_SHOW_OPTIONS, USER_SHOW_USAGE } from './show-user.ts'

/** Puts a new secret in the place of the old one. */
const rotate = async (
  kind: Kind,
  name: string,
  context: CommandContext,
  show: (found: Credential, secret: string) => Promise<void>,
): Promise<number> =>
  await withCredentials(context, async (store) => {
    const found = await existing(store, kind, name)
    const { secret, secretHash, mosquittoHash } = await newSecret()
    if (!(await store.rotate(name, secretHash, mosquittoHash))) {
      throw new CommandError(`${printable(name)} was removed meanwhile`)
    }
    await show(found, secret)
    const was = found.revokedAt === null ? '' : ' It was revoked, and is good again.'
    await context.terminal.err(`The old secret is good no more: who connected with it is cut off.${was}\n`)
    return 0
  })

const rotateDevice = async (words: Words, context: CommandContext): Promise<number> => {
  const id = nameOf(words, 'device')
  const showing = showingOf(words, context)
  return await rotate('device', id, context, (_, secret) =>
    showDevice({ id, secret }, showing, { words, context }),
  )
}

const rotateUser = async (words: Words, context: CommandContext): Promise<number> => {
  const name = nameOf(words, 'user')
  const reach = reachOf(words, context)
  return await rotate('user', name, context, ({ role }, secret) =>
    showUser({ name, role, secret }, reach, { words, context }),
  )
}

export const deviceRotate: Command = {
  name: 'device rotate',
  usage: `ID ${SHOW_USAGE}`,
  summary: 'Gives it a new secret, shown once, in place of the old one; a revoked one is good again.',
  options: SHOW_OPTIONS,
  run: rotateDevice,
}

export const userRotate: Command = {
  name: 'user rotate',
  usage: `NAME ${USER_SHOW_USAGE}`,
  summary: 'Gives it a new secret, shown once, in place of the old one; a revoked one is good again.',
  options: USER_SHOW_OPTIONS,
  run: rotateUser,
}
