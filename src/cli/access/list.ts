import type { Credential } from '../../../bridge/index.ts'
import { type Command, type CommandContext, UsageError, type Words } from '../command.ts'
import { FLAG } from '../option-words.ts'
import { cut } from '../printable.ts'
import { jsonLines, table, timeText } from '../table.ts'
import { type Kind, ROLES_OF } from './holder-kind.ts'
import { withCredentials } from './open-credentials.ts'

const MAX_NAME = 100
const MAX_TEXT = 40

const stateOf = ({ revokedAt }: Credential): string =>
  revokedAt === null ? 'good' : `revoked ${timeText(revokedAt)}`

const forPrograms = (one: Credential): object => ({
  name: one.name,
  role: one.role,
  label: one.label ?? null,
  type: one.type ?? null,
  createdAt: timeText(one.createdAt),
  rotatedAt: timeText(one.rotatedAt),
  revokedAt: one.revokedAt === null ? null : timeText(one.revokedAt),
})

const TIMES = [{ title: 'CREATED' }, { title: 'SECRET OF' }, { title: 'STATE' }] as const
const HEADS = {
  device: [{ title: 'ID' }, { title: 'LABEL' }, { title: 'TYPE' }, ...TIMES],
  user: [{ title: 'NAME' }, { title: 'ROLE' }, ...TIMES],
} as const

const rowOf = (kind: Kind, one: Credential): readonly string[] => [
  cut(one.name, MAX_NAME),
  ...(kind === 'user' ? [one.role] : [cut(one.label ?? '-', MAX_TEXT), cut(one.type ?? '-', MAX_TEXT)]),
  timeText(one.createdAt),
  timeText(one.rotatedAt),
  stateOf(one),
]

const list = async (kind: Kind, words: Words, context: CommandContext): Promise<number> => {
  if (words.rest.length > 0) throw new UsageError(`${kind} ls takes no ${JSON.stringify(words.rest[0])}`)
  const all = await withCredentials(context, (store) => store.list(ROLES_OF[kind]))
  if (words.options.json === true) await context.terminal.out(jsonLines(all.map(forPrograms)))
  else if (all.length === 0) await context.terminal.out(`no ${kind} has a credential\n`)
  else
    await context.terminal.out(
      table(
        HEADS[kind],
        all.map((one) => rowOf(kind, one)),
      ),
    )
  return 0
}

/** `device ls`, `user ls` */
export const createList = (kind: Kind): Command => ({
  name: `${kind} ls`,
  usage: '[--json]',
  summary: `Lists the ${kind}s that have a credential, by name; secrets are nowhere to be listed.`,
  options: { json: FLAG },
  run: (words, context) => list(kind, words, context),
})
