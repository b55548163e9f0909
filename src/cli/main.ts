#!/usr/bin/env node
/** The process behind `sluice`: words and environment in, exit code out. */
import { networkInterfaces } from 'node:os'
import manifest from '../../package.json' with { type: 'json' }
import { COMMANDS } from './commands.ts'
import { runCli } from './run-cli.ts'
import { createTerminal } from './terminal.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

process.exitCode = await runCli(process.argv.slice(2), COMMANDS, {
  terminal: createTerminal(process),
  version: manifest.version,
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
  interfaces: networkInterfaces,
  onInterrupt: (listener) => {
    // Once: a second one ends the process at once.
    for (const signal of SIGNALS) process.once(signal, listener)
    return () => {
      for (const signal of SIGNALS) process.off(signal, listener)
    }
  },
})
