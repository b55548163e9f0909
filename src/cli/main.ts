#!/usr/bin/env node
/** The process behind `sluice`: words and environment in, exit code out. */
import { COMMANDS } from './commands.ts'
import { runCli } from './run-cli.ts'
import { createTerminal } from './terminal.ts'

process.exitCode = await runCli(process.argv.slice(2), COMMANDS, {
  terminal: createTerminal(process),
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
})
