/** `sluice doctor`: where on its way a reading stops, and what to do about it. */
import { randomBytes } from 'node:crypto'
import { loadConfig } from '../../load-config.ts'
import { type Command, type CommandContext, UsageError, type Words } from '../command.ts'
import { FLAG, TEXT } from '../option-words.ts'
import { printable } from '../printable.ts'
import { findDatabase } from '../stores.ts'
import { jsonLines } from '../table.ts'
import { examine } from './examine.ts'
import type { HopResult } from './hop.ts'
import { targetsOf } from './targets.ts'

const NAME_WIDTH = 21
const INDENT = ' '.repeat(9)

const timeOf = (ms: number | null): string =>
  ms === null ? '' : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`

/** `ok       MQTT login            3.2 ms   …`, with what to do on a line below it. */
export const hopLine = ({ hop, status, ms, detail, advice }: HopResult): string => {
  const head = `${status.padEnd(7)}  ${hop.padEnd(NAME_WIDTH)}${timeOf(ms).padStart(9)}  ${printable(detail)}`
  return advice === undefined ? `${head}\n` : `${head}\n${INDENT}→ ${advice}\n`
}

const doctor = async (words: Words, context: CommandContext): Promise<number> => {
  if (words.rest.length > 0) throw new UsageError(`what is ${JSON.stringify(words.rest[0])}? All are options`)
  const { terminal, env, cwd, now, version } = context
  const config = loadConfig(env, cwd)
  const targets = await targetsOf(words, context, config)
  const isJson = words.options.json === true
  const database = await findDatabase({ env, cwd }).catch(() => undefined)
  const results = await examine({
    ...targets,
    dataDir: config.dataDir,
    version,
    databaseUrl: database?.url,
    now,
    monotonic: () => performance.now(),
    tell: (result) => terminal.out(isJson ? jsonLines([result]) : hopLine(result)),
    tag: randomBytes(5).toString('hex'),
  })
  const failed = results.filter(({ status }) => status === 'failed')
  if (!isJson) {
    const tried = results.filter(({ status }) => status !== 'skipped')
    await terminal.out(
      failed.length === 0
        ? `\nall is well: ${tried.length} hops\n`
        : `\n${failed.length} of ${tried.length} hops failed: ${failed.map(({ hop }) => hop).join(', ')}\n`,
    )
  }
  return failed.length === 0 ? 0 : 1
}

export const doctorCommand: Command = {
  name: 'doctor',
  usage:
    '[--url http://HOST:3000] [--mqtt mqtt://HOST:1883] [--ca FILE] [--user NAME --password SECRET] [--json]',
  summary: 'Sends one reading through every hop, and says of each how long it took, or what to do.',
  options: { url: TEXT, mqtt: TEXT, ca: TEXT, user: TEXT, password: TEXT, json: FLAG },
  run: doctor,
}
