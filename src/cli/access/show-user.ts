/** Shows a user's new secret, once, and where it is good. Standard output alone holds secrets. */
import type { CredentialRole } from '../../../bridge/index.ts'
import type { CommandContext, Words } from '../command.ts'
import { FLAG } from '../option-words.ts'
import { printable } from '../printable.ts'
import { addressUrl } from '../sketches/sketch.ts'
import { jsonLines } from '../table.ts'
import { commandFor } from './holder-kind.ts'
import { REACH_OPTIONS, type Reach } from './reach.ts'

export const USER_SHOW_OPTIONS = { ...REACH_OPTIONS, json: FLAG } as const
export const USER_SHOW_USAGE = '[--host HOST] [--json]'

export interface NewSecret {
  readonly name: string
  readonly role: CredentialRole
  /** Secret. */
  readonly secret: string
}

/** Writes what the user has to know. */
export const showUser = async (
  { name, role, secret }: NewSecret,
  reach: Reach,
  { words, context: { terminal } }: { readonly words: Words; readonly context: CommandContext },
): Promise<void> => {
  const { host, mqttPort, httpPort } = reach
  const facts = {
    name,
    role,
    secret,
    http: addressUrl('http', { host, port: httpPort }),
    mqtt: addressUrl('mqtt', { host, port: mqttPort }),
    webSocket: `${addressUrl('ws', { host, port: httpPort })}/mqtt`,
  }
  if (words.options.json === true) await terminal.out(jsonLines([facts]))
  else {
    const { name: user, webSocket, ...rest } = facts
    const rows = Object.entries({ user: printable(user), ...rest, browser: webSocket })
    await terminal.out(rows.map(([what, value]) => `${what.padEnd(7)}  ${value}\n`).join(''))
  }
  await terminal.err(
    `The secret is shown this once: only its hash is kept. Another one: ${commandFor('user', 'rotate', name)}\n`,
  )
  for (const doubt of reach.doubts) await terminal.err(`${doubt}\n`)
}
