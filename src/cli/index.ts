/** The door of the command line: for a program that offers the same commands, or more of them. */
export type { Command, CommandContext, Terminal, Words } from './command.ts'
export { CommandError, UsageError } from './command.ts'
export { COMMANDS } from './commands.ts'
export { runCli } from './run-cli.ts'
