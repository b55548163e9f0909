import type { Command, CommandContext, Words } from '../command.ts'
import { FLAG, TEXT } from '../option-words.ts'
import { cut } from '../printable.ts'
import { type ReplayOutcome, withStores } from '../stores.ts'
import { counted, jsonLines } from '../table.ts'
import { filterOf, requireChoice } from './letter-words.ts'

const MAX_DETAIL = 160
const MAX_TOPIC = 100

interface Tally {
  moved: number
  readings: number
  known: number
  refused: number
  others: number
}

const count = (tally: Tally, outcome: ReplayOutcome): void => {
  if (outcome.outcome === 'moved') {
    tally.moved += 1
    tally.readings += outcome.readings
    tally.known += outcome.known
  } else if (outcome.outcome === 'refused') tally.refused += 1
  else tally.others += 1
}

const lineOf = (outcome: ReplayOutcome, dryRun: boolean): string => {
  if (outcome.outcome === 'moved') {
    const known = outcome.known === 0 ? '' : `, ${outcome.known} in the table already`
    return `${outcome.id}  ${dryRun ? 'would be moved' : 'moved'} (${counted(outcome.readings, 'reading')}${known})\n`
  }
  if (outcome.outcome === 'not-a-reading') {
    return `${outcome.id}  not a reading topic (${cut(outcome.topic, MAX_TOPIC)})\n`
  }
  return `${outcome.id}  still refused (${outcome.reason}: ${cut(outcome.detail, MAX_DETAIL)})\n`
}

const summaryOf = (tally: Tally, dryRun: boolean): string => {
  const known = tally.known === 0 ? '' : `, ${tally.known} in the table already`
  const moved = `${counted(tally.moved, 'dead letter')} ${dryRun ? 'would be moved' : 'moved'}`
  const rest = `${tally.refused} still refused, ${tally.others} on other topics`
  return `${moved} (${counted(tally.readings, 'reading')}${known}), ${rest}\n`
}

const replay = async (words: Words, context: CommandContext): Promise<number> => {
  const { terminal } = context
  const filter = filterOf(words, context, 'since')
  requireChoice(words, Object.values(filter))
  const dryRun = words.options['dry-run'] === true
  const isJson = words.options.json === true
  const tally: Tally = { moved: 0, readings: 0, known: 0, refused: 0, others: 0 }
  const missing = new Set(filter.ids ?? [])
  await withStores(context, async ({ letters, partitions }) => {
    for await (const page of letters.replay(filter, { partitions, dryRun })) {
      for (const outcome of page) {
        count(tally, outcome)
        missing.delete(outcome.id)
      }
      const lines = page.map((outcome) => lineOf(outcome, dryRun)).join('')
      await terminal.out(isJson ? jsonLines(page) : lines)
    }
  })
  await (isJson ? terminal.err : terminal.out)(summaryOf(tally, dryRun))
  for (const id of missing) {
    await terminal.err(`${id}  no such dead letter, another replay is at it, or a filter leaves it out\n`)
  }
  return missing.size === 0 ? 0 : 1
}

export const dlqReplay: Command = {
  name: 'dlq replay',
  usage: '[ID…] [--device ID] [--reason R] [--since ISO|2h] [--all] [--dry-run] [--json]',
  summary: 'Decodes again by the rules of today, and moves what now fits into sensor_data.',
  options: { device: TEXT, reason: TEXT, since: TEXT, all: FLAG, 'dry-run': FLAG, json: FLAG },
  run: replay,
}
