/** Finds the command that is meant, runs it, and turns what it throws into a sentence and an exit code. */
import { parseArgs } from 'node:util'
import { isBridgeError } from '../../bridge/core/index.ts'
import { errorCode } from '../error-code.ts'
import { errorText } from '../error-text.ts'
import { ConfigError } from '../load-config.ts'
import { redactUrl } from '../redact.ts'
import { type Command, type CommandContext, CommandError, UsageError, type Words } from './command.ts'
import { usageOf } from './usage.ts'

const DONE = 0
const FAILED = 1
const NOT_UNDERSTOOD = 2

const HELP: ReadonlySet<string | undefined> = new Set(['--help', '-h', 'help'])

const startsWith = (words: readonly string[], name: string): boolean =>
  name.split(' ').every((word, index) => words[index] === word)

const wordsOf = (command: Command, args: readonly string[]): Words => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: command.options,
      allowPositionals: true,
      strict: true,
    })
    // No option is a list: given twice, the last one counts.
    return { options: values as Words['options'], rest: positionals }
  } catch (error) {
    if (!errorCode(error)?.startsWith('ERR_PARSE_ARGS')) throw error
    throw new UsageError(errorText(error))
  }
}

const tell = async (error: unknown, { terminal }: CommandContext): Promise<number> => {
  // Who reads the output (`… | head`) has seen enough.
  if (errorCode(error) === 'EPIPE') return FAILED
  const isUsage = error instanceof UsageError
  const isKnown =
    isUsage || error instanceof CommandError || error instanceof ConfigError || isBridgeError(error)
  const text = `sluice: ${isKnown ? '' : 'unexpected error: '}${redactUrl(errorText(error))}\n`
  await terminal.err(isUsage ? `${text}See: sluice --help\n` : text)
  return isUsage ? NOT_UNDERSTOOD : FAILED
}

const run = async (
  args: readonly string[],
  commands: readonly Command[],
  context: CommandContext,
): Promise<number> => {
  const { terminal } = context
  const command = commands.find(({ name }) => startsWith(args, name))
  if (command === undefined) {
    if (HELP.has(args[0])) {
      await terminal.out(usageOf(commands))
      return DONE
    }
    const group = commands.filter(({ name }) => name.split(' ')[0] === args[0])
    const isHelp = group.length > 0 && HELP.has(args[1])
    if (isHelp) await terminal.out(usageOf(group))
    else {
      const unknown =
        args.length === 0 || (group.length > 0 && args.length === 1) ? '' : args.slice(0, 2).join(' ')
      if (unknown !== '') await terminal.err(`sluice: there is no command ${JSON.stringify(unknown)}\n\n`)
      await terminal.err(usageOf(group.length > 0 ? group : commands))
    }
    return isHelp ? DONE : NOT_UNDERSTOOD
  }
  const rest = args.slice(command.name.split(' ').length)
  if (rest.includes('--help') || rest.includes('-h')) {
    await terminal.out(usageOf([command]))
    return DONE
  }
  return await command.run(wordsOf(command, rest), context)
}

/** Runs one command line (without `node` and the script's name); resolves with the exit code, never rejects. */
export const runCli = async (
  args: readonly string[],
  commands: readonly Command[],
  context: CommandContext,
): Promise<number> => {
  try {
    return await run(args, commands, context)
  } catch (error) {
    return await tell(error, context).catch(() => FAILED)
  }
}
