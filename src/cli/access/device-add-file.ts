/** Credentials for many boards at once: a file with an id on each line in, `id,secret` out. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type CredentialStore, parseDeviceId } from '../../../bridge/index.ts'
import { errorText } from '../../error-text.ts'
import { type CommandContext, CommandError } from '../command.ts'
import { printable } from '../printable.ts'
import { counted, jsonLines } from '../table.ts'
import { withCredentials } from './open-credentials.ts'

/** Options of `device add` that mean one board. */
export const FILE_LEAVES_OUT = ['label', 'sketch', 'host', 'qr'] as const

/** Each hash keeps a core busy for 10 ms; a Sluice beside it checks secrets too. */
const AT_ONCE = 2

const MAX_PROBLEMS = 10

export interface AddMany {
  readonly isJson: boolean
  /** The secret; undefined when the name is taken. */
  readonly add: (store: CredentialStore, id: string) => Promise<string | undefined>
}

/**
 * The ids of a file, in its order. Empty lines and lines that begin with `#` (which no id can) are left out.
 * Throws CommandError, which names the lines that hold no id, and ids that come twice.
 */
export const idsIn = (text: string): readonly string[] => {
  const lineOf = new Map<string, number>()
  const problems: string[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    const number = index + 1
    if (line.trim() === '' || line.startsWith('#')) continue
    const first = lineOf.get(line)
    if (line !== line.trim())
      problems.push(`line ${number}: a blank before or after the id would be part of it`)
    else if (parseDeviceId(line) === undefined)
      problems.push(`line ${number}: ${JSON.stringify(line)} is no device id`)
    else if (first !== undefined)
      problems.push(`line ${number}: ${printable(line)} is on line ${first} already`)
    else lineOf.set(line, number)
  }
  if (problems.length > 0) {
    const more = problems.length > MAX_PROBLEMS ? `\n… and ${problems.length - MAX_PROBLEMS} more` : ''
    throw new CommandError(`no credential was made:\n${problems.slice(0, MAX_PROBLEMS).join('\n')}${more}`)
  }
  return [...lineOf.keys()]
}

const CSV_HEAD = 'id,secret\n'

const csvField = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

interface Made {
  readonly id: string
  readonly secret: string | undefined
}

/** What was made is written before an error beside it is thrown: a secret that is not shown is lost. */
const makePair = async (ids: readonly string[], make: (id: string) => Promise<Made>) => {
  const settled = await Promise.allSettled(ids.map(make))
  const made = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = settled.find((one) => one.status === 'rejected')
  return { made, failed }
}

/** Resolves with the exit code: 1 when a name was taken. */
export const addFromFile = async (
  file: string,
  context: CommandContext,
  { isJson, add }: AddMany,
): Promise<number> => {
  const { terminal, cwd } = context
  const text = await readFile(resolve(cwd, file), 'utf8').catch((error: unknown) => {
    throw new CommandError(`cannot read ${file}: ${errorText(error)}`)
  })
  const ids = idsIn(text)
  const line = ({ id, secret }: Made): string =>
    isJson ? jsonLines([{ id, secret }]) : `${csvField(id)},${secret}\n`
  let added = 0
  const addAll = async (store: CredentialStore): Promise<void> => {
    if (!isJson) await terminal.out(CSV_HEAD)
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const pair = ids.slice(at, at + AT_ONCE)
      const { made, failed } = await makePair(pair, async (id) => ({ id, secret: await add(store, id) }))
      const fresh = made.filter(({ secret }) => secret !== undefined)
      added += fresh.length
      await terminal.out(fresh.map(line).join(''))
      for (const { id, secret } of made) {
        if (secret === undefined) await terminal.err(`${printable(id)}  is taken: nothing was changed\n`)
      }
      if (failed !== undefined) throw failed.reason
    }
  }
  try {
    await withCredentials(context, addAll, { mayCreate: true })
  } finally {
    await terminal.err(
      `${counted(added, 'credential')} made, of ${ids.length}; the secrets are shown this once\n`,
    )
  }
  return added === ids.length ? 0 : 1
}
