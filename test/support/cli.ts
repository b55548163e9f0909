/** Commands of `sluice` run in this process, with what they write kept. */
import type { CommandContext, Interfaces } from '../../src/cli/command.ts'
import { COMMANDS, runCli } from '../../src/cli/index.ts'

export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
  /** What was written to standard output, byte for byte. */
  readonly bytes: Buffer
}

export interface CliOptions {
  readonly env?: CommandContext['env']
  readonly cwd?: string
  readonly now?: number
  /** What a person answers; absent: nobody is there. */
  readonly answer?: string
  readonly commands?: typeof COMMANDS
  /** Of the terminal that standard output is; absent: it is none. */
  readonly size?: { readonly columns: number; readonly rows: number }
  /** Standard error is a terminal. */
  readonly rewrites?: boolean
  readonly interfaces?: Interfaces
  /** Is given what Ctrl-C would call. */
  readonly onInterrupt?: CommandContext['onInterrupt']
}

/** Runs one command line, such as `['dlq', 'list']`. */
export const sluice = async (args: readonly string[], options: CliOptions = {}): Promise<CliResult> => {
  const out: Uint8Array[] = []
  let err = ''
  const { answer } = options
  const code = await runCli(args, options.commands ?? COMMANDS, {
    terminal: {
      out: async (text) => void out.push(Buffer.from(text)),
      err: async (text) => {
        err += text
      },
      ask:
        answer === undefined
          ? undefined
          : async (question) => {
              err += question
              return answer
            },
      rewrites: options.rewrites ?? false,
      size: options.size,
    },
    version: '0.1.0',
    env: options.env ?? {},
    cwd: options.cwd ?? '/nonexistent',
    now: () => options.now ?? 0,
    interfaces: () => options.interfaces ?? {},
    onInterrupt: options.onInterrupt ?? (() => () => {}),
  })
  const bytes = Buffer.concat(out)
  return { code, out: bytes.toString(), err, bytes }
}
