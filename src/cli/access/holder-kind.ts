/** Devices and users are kept alike, and have commands of their own: which of the two a name is. */
import {
  type Credential,
  type CredentialRole,
  type CredentialStore,
  parseDeviceId,
} from '../../../bridge/index.ts'
import { CommandError, UsageError, type Words } from '../command.ts'
import { printable } from '../printable.ts'

export type Kind = 'device' | 'user'

export const USER_ROLES = [
  'dashboard',
  'operator',
  'bridge',
  'admin',
] as const satisfies readonly CredentialRole[]

export const ROLES_OF: { readonly [kind in Kind]: readonly CredentialRole[] } = {
  device: ['device'],
  user: USER_ROLES,
}

export const kindOf = (role: CredentialRole): Kind => (role === 'device' ? 'device' : 'user')

const NAME_RULE =
  'allowed are 1 to 100 characters, no control characters, no / + #, and no $ at the beginning'

/** Throws UsageError, which says what is allowed. */
export const checkedName = (text: string, what: string): string => {
  const name = parseDeviceId(text)
  if (name === undefined) throw new UsageError(`${what} ${JSON.stringify(text)} cannot be used: ${NAME_RULE}`)
  return name
}

/** The one name of a command line. */
export const nameOf = ({ rest }: Words, kind: Kind): string => {
  const [text] = rest
  const what = kind === 'device' ? 'device id' : 'name'
  if (text === undefined) throw new UsageError(`which ${kind}? Give its ${what}`)
  if (rest.length > 1) throw new UsageError(`one ${what} at a time: there is ${JSON.stringify(rest[1])} too`)
  return checkedName(text, `the ${what}`)
}

const PLAIN = /^[\w.:@%=-]+$/

/** A name as it is written in a shell. */
const inShell = (name: string): string => {
  const word = PLAIN.test(name) ? name : `'${printable(name).replaceAll("'", "'\\''")}'`
  return name.startsWith('-') ? `-- ${word}` : word
}

/** `sluice device rotate porch` */
export const commandFor = (kind: Kind, verb: string, name: string): string =>
  `sluice ${kind} ${verb} ${inShell(name)}`

/** The credential of this name. Throws CommandError when there is none, or when it is one of the other kind. */
export const existing = async (store: CredentialStore, kind: Kind, name: string): Promise<Credential> => {
  const found = await store.get(name)
  if (found === undefined) {
    throw new CommandError(`there is no ${kind} ${printable(name)}: sluice ${kind} ls shows those there are`)
  }
  if (kindOf(found.role) !== kind) {
    throw new CommandError(
      `${printable(name)} is no ${kind}, but a ${kindOf(found.role)}: see sluice ${kindOf(found.role)} --help`,
    )
  }
  return found
}

/** Why a name cannot be had, and what to do. */
export const takenError = (kind: Kind, name: string, found: Credential | undefined): CommandError => {
  const shown = printable(name)
  if (found !== undefined && kindOf(found.role) !== kind) {
    return new CommandError(
      `the name ${shown} is that of a ${kindOf(found.role)}: devices and users share their names, take another`,
    )
  }
  const state = found?.revokedAt == null ? 'has a credential already' : 'has a credential that was revoked'
  return new CommandError(`${shown} ${state}. A new secret in its place: ${commandFor(kind, 'rotate', name)}`)
}
