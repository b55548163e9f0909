import type { Command } from './command.ts'

const HEAD = 'Usage: sluice COMMAND [OPTIONS]'
const TAIL = `Settings are those of the program: its environment, DATABASE_URL or DATA_DIR above all.
Exit codes: 0 done, 1 failed, 2 not understood.`

const lineOf = ({ name, usage, summary }: Command): string => `  sluice ${name} ${usage}\n      ${summary}`

/** How these commands are written. */
export const usageOf = (commands: readonly Command[]): string =>
  `${[HEAD, ...commands.map(lineOf), TAIL].join('\n\n')}\n`
