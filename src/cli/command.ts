/** What a command of `sluice` is, and what it is given. */
import type { NetworkInterfaceInfo } from 'node:os'
import type { ParseArgsConfig } from 'node:util'
import type { Environment } from '../load-config.ts'

/** Where a command writes and asks. Both writes resolve when the text is on its way. */
export interface Terminal {
  /** Standard output, for what was asked for. */
  out(text: string | Uint8Array): Promise<void>
  /** Standard error, for what is said beside it. */
  err(text: string): Promise<void>
  /** Asks the person there; undefined when nobody is (input or output is no terminal). */
  readonly ask: ((question: string) => Promise<string>) | undefined
  /** Standard error is a terminal: a line of it can be written over. */
  readonly rewrites: boolean
  /** Of the window in characters; undefined when standard output is no terminal. */
  readonly size: { readonly columns: number; readonly rows: number } | undefined
}

/** The network interfaces of this machine, as `os.networkInterfaces` tells them. */
export type Interfaces = { readonly [name: string]: readonly NetworkInterfaceInfo[] | undefined }

export interface CommandContext {
  readonly terminal: Terminal
  /** Of this Sluice. */
  readonly version: string
  readonly env: Environment
  /** Relative settings start here. */
  readonly cwd: string
  /** Epoch ms. */
  readonly now: () => number
  readonly interfaces: () => Interfaces
  /**
   * Until the returned function is called, a request to end (Ctrl-C, SIGTERM) calls `listener` once instead of ending
   * the process at once: for a command that must not leave something running.
   */
  readonly onInterrupt: (listener: () => void) => () => void
}

/** The words of a command line, options apart. */
export interface Words {
  readonly options: { readonly [name: string]: string | boolean | undefined }
  readonly rest: readonly string[]
}

export interface Command {
  /** Its words: `dlq list`. */
  readonly name: string
  /** What follows the name, for the usage text. */
  readonly usage: string
  readonly summary: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  /** Resolves with the exit code. Throws UsageError, ConfigError, BridgeError or CommandError. */
  run(words: Words, context: CommandContext): Promise<number>
}

/** The command line is not understood: exit code 2. */
export class UsageError extends Error {}

/** It was understood, and cannot be done: exit code 1. */
export class CommandError extends Error {}
