import { newSecret } from '../../access/index.ts'
import { type Command, type CommandContext, UsageError, type Words } from '../command.ts'
import { TEXT, textOption } from '../option-words.ts'
import { nameOf, takenError, USER_ROLES } from './holder-kind.ts'
import { withCredentials } from './open-credentials.ts'
import { reachOf } from './reach.ts'
import { showUser, USER_SHOW_OPTIONS, USER_SHOW_USAGE } from './show-user.ts'

const roleOf = (words: Words): (typeof USER_ROLES)[number] => {
  const text = textOption(words, 'role')
  const role = USER_ROLES.find((one) => one === text)
  if (role !== undefined) return role
  const given = text === undefined ? 'which role? --role' : `--role ${JSON.stringify(text)}`
  throw new UsageError(`${given} must be one of ${USER_ROLES.join(', ')}`)
}

const add = async (words: Words, context: CommandContext): Promise<number> => {
  const name = nameOf(words, 'user')
  const role = roleOf(words)
  const reach = reachOf(words, context)
  return await withCredentials(
    context,
    async (store) => {
      const { secret, ...hashes } = await newSecret()
      const isAdded = await store.add({ name, role, ...hashes })
      if (!isAdded) throw takenError('user', name, await store.get(name))
      await showUser({ name, role, secret }, reach, { words, context })
      return 0
    },
    { mayCreate: true },
  )
}

export const userAdd: Command = {
  name: 'user add',
  usage: `NAME --role ${USER_ROLES.join('|')} ${USER_SHOW_USAGE}`,
  summary: 'Makes a credential for a person or a program, and shows its secret once.',
  options: { role: TEXT, ...USER_SHOW_OPTIONS },
  run: add,
}
