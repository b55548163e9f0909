import { chmod, chown, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errorCode } from '../../error-code.ts'
import { errorText } from '../../error-text.ts'
import { loadConfig } from '../../load-config.ts'
import { type Command, type CommandContext, CommandError, UsageError, type Words } from '../command.ts'
import { TEXT, textOption } from '../option-words.ts'
import { printable } from '../printable.ts'
import { counted } from '../table.ts'
import { commandFor, kindOf, ROLES_OF } from './holder-kind.ts'
import { type LeftOut, MOSQUITTO_HEAD, mosquittoFiles } from './mosquitto-files.ts'
import { withCredentials } from './open-credentials.ts'

/** For its owner and its group, which is Mosquitto's. */
const MODE = 0o640
const MODE_BITS = 0o777

const missing = (error: unknown): undefined => {
  if (errorCode(error) !== 'ENOENT') throw error
}

/** Passwords and rules that somebody else wrote are not taken away. */
const checkOurs = async (path: string): Promise<void> => {
  const text = await readFile(path, 'utf8').catch(missing)
  if (text === undefined || text.trim() === '' || text.startsWith(MOSQUITTO_HEAD)) return
  throw new CommandError(`${path} was not written by this command: move it away, or use another folder`)
}

/** Whole under its name or not at all: Mosquitto may read it at any time. Who may read it stays as it was. */
const write = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.new`
  const old = await stat(path).catch(missing)
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', MODE)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await chmod(draft, (old?.mode ?? MODE) & MODE_BITS)
  const isOthers = old !== undefined && (old.uid !== process.getuid?.() || old.gid !== process.getgid?.())
  if (isOthers) await chown(draft, old.uid, old.gid)
  await rename(draft, path)
}

const writeBoth = async (folder: string, files: Readonly<Record<string, string>>): Promise<void> => {
  try {
    const paths = Object.keys(files).map((name) => join(folder, name))
    for (const path of paths) await checkOurs(path)
    for (const [name, text] of Object.entries(files)) await write(join(folder, name), text)
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(`cannot write into ${folder}: ${errorText(error)}`)
  }
}

const told = ({ credential: { name, role }, reason }: LeftOut): string => {
  if (reason === 'no-hash') {
    const rotate = commandFor(kindOf(role), 'rotate', name)
    return `rotate ${printable(name)} to export it: its secret is older than this export (${rotate})\n`
  }
  return `${printable(name)} is left out: Mosquitto has no names with a colon, or with blanks around them\n`
}

const exportFiles = async (words: Words, context: CommandContext): Promise<number> => {
  const folder = textOption(words, 'mosquitto')
  if (folder === undefined) throw new UsageError('where to? --mosquitto FOLDER')
  if (words.rest.length > 0) throw new UsageError(`device export takes no ${JSON.stringify(words.rest[0])}`)
  const all = await withCredentials(context, (store) => store.list([...ROLES_OF.device, ...ROLES_OF.user]))
  const { passwd, acl, devices, users, leftOut } = mosquittoFiles(
    all,
    loadConfig(context.env, context.cwd).homeAssistant.prefix,
  )
  const path = resolve(context.cwd, folder)
  await writeBoth(path, { passwd, acl })
  const revoked = leftOut.filter(({ reason }) => reason === 'revoked').length
  const of = `${counted(devices, 'device')}, ${counted(users, 'user')}`
  await context.terminal.out(
    `${of}, without ${revoked} revoked: ${join(path, 'passwd')}, ${join(path, 'acl')}\n`,
  )
  for (const one of leftOut) if (one.reason !== 'revoked') await context.terminal.err(told(one))
  await context.terminal.err(
    'A Mosquitto that runs reads them on SIGHUP, and cuts off who is no longer there.\n',
  )
  return 0
}

export const deviceExport: Command = {
  name: 'device export',
  usage: '--mosquitto FOLDER',
  summary: 'Writes passwd and acl for Mosquitto 2: all devices and users, but revoked ones.',
  options: { mosquitto: TEXT },
  run: exportFiles,
}
