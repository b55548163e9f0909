import { parseDeviceId } from '../../../bridge/index.ts'
import { type Command, type CommandContext, CommandError, type Words } from '../command.ts'
import { FLAG } from '../option-words.ts'
import { printable } from '../printable.ts'
import { existing, type Kind, nameOf } from './holder-kind.ts'
import { withCredentials } from './open-credentials.ts'

const YES = /^y(es)?$/i

const isAllowed = async (words: Words, { terminal }: CommandContext, name: string): Promise<boolean> => {
  if (words.options.yes === true) return true
  const what = `the credential of ${printable(name)} for good`
  if (terminal.ask === undefined) throw new CommandError(`this removes ${what}: add --yes`)
  return YES.test((await terminal.ask(`Remove ${what}? Its name is then free for another. [y/N] `)).trim())
}

const remove = async (kind: Kind, words: Words, context: CommandContext): Promise<number> => {
  const { terminal } = context
  const name = nameOf(words, kind)
  return await withCredentials(context, async (store, devices) => {
    await existing(store, kind, name)
    if (!(await isAllowed(words, context, name))) {
      await terminal.err('nothing was removed\n')
      return 1
    }
    if (!(await store.remove(name))) throw new CommandError(`${printable(name)} was removed meanwhile`)
    const deviceId = parseDeviceId(name)
    // A Sluice that runs hears of it, and forgets the rest of what it knows of the device.
    if (kind === 'device' && deviceId !== undefined) await devices.remove([deviceId])
    await terminal.out(`the credential of ${printable(name)} is removed: its connections are closed\n`)
    return 0
  })
}

/** `device rm`, `user rm` */
export const createRemove = (kind: Kind): Command => ({
  name: `${kind} rm`,
  usage: `${kind === 'device' ? 'ID' : 'NAME'} [--yes]`,
  summary:
    kind === 'device'
      ? 'Removes its credential for good and forgets the device, its readings stay; asks first, or wants --yes.'
      : 'Removes its credential for good; asks first, or wants --yes.',
  options: { yes: FLAG },
  run: (words, context) => remove(kind, words, context),
})
