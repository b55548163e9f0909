import type { CredentialStore } from '../../../bridge/index.ts'
import { newSecret } from '../../access/index.ts'
import { type Command, type CommandContext, UsageError, type Words } from '../command.ts'
import { TEXT, textOption } from '../option-words.ts'
import { addFromFile, FILE_LEAVES_OUT } from './device-add-file.ts'
import { nameOf, takenError } from './holder-kind.ts'
import { withCredentials } from './open-credentials.ts'
import { SHOW_OPTIONS, SHOW_USAGE, showDevice, showingOf } from './show-device.ts'

const MAX_TEXT = 100
const CONTROL = /\p{Cc}/u

/** What people call a board, and what kind it is: kept as it is said, on one line. */
const wordsOption = (words: Words, name: string): string | undefined => {
  const text = textOption(words, name)
  if (text === undefined || (text.length <= MAX_TEXT && !CONTROL.test(text))) return text
  throw new UsageError(`--${name} must be 1 to ${MAX_TEXT} characters, without control characters`)
}

export interface NewDevice {
  readonly id: string
  readonly label: string | undefined
  readonly type: string | undefined
}

/** Makes a device's credential; the secret, or undefined when the name is taken. */
export const addDevice = async (
  store: CredentialStore,
  { id, label, type }: NewDevice,
): Promise<string | undefined> => {
  const { secret, ...hashes } = await newSecret()
  const isAdded = await store.add({
    name: id,
    role: 'device',
    ...(label === undefined ? {} : { label }),
    ...(type === undefined ? {} : { type }),
    ...hashes,
  })
  return isAdded ? secret : undefined
}

const addOne = async (words: Words, context: CommandContext): Promise<number> => {
  const id = nameOf(words, 'device')
  const showing = showingOf(words, context)
  const device = { id, label: wordsOption(words, 'label'), type: wordsOption(words, 'type') }
  return await withCredentials(
    context,
    async (store) => {
      const secret = await addDevice(store, device)
      if (secret === undefined) throw takenError('device', id, await store.get(id))
      await showDevice({ id, secret }, showing, { words, context })
      return 0
    },
    { mayCreate: true },
  )
}

const addMany = async (words: Words, context: CommandContext, file: string): Promise<number> => {
  const unfit = FILE_LEAVES_OUT.find((name) => words.options[name] !== undefined)
  if (words.rest.length > 0) throw new UsageError('--file holds the ids: give none beside it')
  if (unfit !== undefined) throw new UsageError(`--${unfit} does not go with --file`)
  const type = wordsOption(words, 'type')
  return await addFromFile(file, context, {
    isJson: words.options.json === true,
    add: (store, id) => addDevice(store, { id, label: undefined, type }),
  })
}

const add = async (words: Words, context: CommandContext): Promise<number> => {
  const file = textOption(words, 'file')
  return file === undefined ? await addOne(words, context) : await addMany(words, context, file)
}

export const deviceAdd: Command = {
  name: 'device add',
  usage: `ID [--label NAME] [--type TYPE] ${SHOW_USAGE} | --file IDS [--type TYPE] [--json]`,
  summary:
    'Makes a credential for a board, and shows its secret once, with settings and a sketch; --file: one for each line, as CSV.',
  options: { label: TEXT, type: TEXT, file: TEXT, ...SHOW_OPTIONS },
  run: add,
}
