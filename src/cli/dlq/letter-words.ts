/** What the commands on dead letters understand alike: which letters are meant. */
import { type CommandContext, UsageError, type Words } from '../command.ts'
import { parseMoment } from '../moment.ts'
import { textOption } from '../option-words.ts'
import type { LetterFilter } from '../stores.ts'

/** A whole number of 1 or more. */
export const parseCount = (text: string, what: string, max = Number.MAX_SAFE_INTEGER): number => {
  const count = /^\d{1,16}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > max) {
    const limit = max === Number.MAX_SAFE_INTEGER ? '' : ` to ${max}`
    throw new UsageError(`${what} ${JSON.stringify(text)} must be a whole number from 1${limit}`)
  }
  return count
}

/** The ids of the letters named; undefined for none. */
export const idsOf = ({ rest }: Words): readonly number[] | undefined =>
  rest.length === 0 ? undefined : [...new Set(rest.map((text) => parseCount(text, 'the id')))]

/**
 * The letters that are meant: by the ids named, and the options `device`, `reason` and `since` or `before`, whichever
 * of these two is a `moment` to the command.
 */
export const filterOf = (
  words: Words,
  { now }: Pick<CommandContext, 'now'>,
  moment: 'since' | 'before',
): LetterFilter => {
  const momentOf = (name: 'since' | 'before'): number | undefined => {
    const text = name === moment ? textOption(words, name) : undefined
    return text === undefined ? undefined : parseMoment(text, `--${name}`, now())
  }
  return {
    ids: idsOf(words),
    deviceId: textOption(words, 'device'),
    reason: textOption(words, 'reason'),
    since: momentOf('since'),
    until: momentOf('before'),
  }
}

/** Words that change or delete letters have to say which: `--all` must not come of a forgotten option. */
export const requireChoice = (words: Words, narrowing: readonly unknown[]): void => {
  const isNarrowed = narrowing.some((choice) => choice !== undefined)
  if (isNarrowed && words.options.all === true) throw new UsageError('--all goes with no id and no filter')
  if (!isNarrowed && words.options.all !== true) {
    throw new UsageError('which dead letters? Name ids, a filter, or --all')
  }
}
