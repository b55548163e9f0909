/** Options as commands declare and read them. */
import { UsageError, type Words } from './command.ts'

export const FLAG = { type: 'boolean' } as const
export const TEXT = { type: 'string' } as const

/** An option's text; undefined when it was not given. Empty is a mistake, most often an unset shell variable. */
export const textOption = ({ options }: Words, name: string): string | undefined => {
  const value = options[name]
  if (typeof value !== 'string') return undefined
  if (value === '') throw new UsageError(`--${name} is empty`)
  return value
}
