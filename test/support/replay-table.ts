/**
 * The written table of intended differences, applied: which differences a line explains, and which lines
 * explain none any more. Pure.
 */

import type { Recording } from './recordings.ts'
import type { Answer } from './replay-answer.ts'
import { brief, type Difference } from './replay-diff.ts'

export interface Intended {
  /** Name of the exchange, or a pattern of names. */
  readonly on: string | RegExp
  /** Path as in `Difference.path`; explains what lies below it too. `*` stands for any one id or index. */
  readonly at: string
  /** What we answer there: a value, with predicates where the value is not the same in every run. */
  readonly ours: unknown
  /** The section of the document that says so. */
  readonly says: string
}

/** A recorded answer put as the document intends it, before it is compared. */
export interface Amended {
  readonly on: string | RegExp
  readonly amend: (recording: Recording) => Recording
  readonly says: string
}

export interface Explained {
  readonly unexplained: readonly Difference[]
  readonly used: readonly Intended[]
}

type Predicate = (value: unknown) => boolean

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** True when `value` is what `pattern` says: equal, with predicates asked. Keys must be the same. */
export const fits = (value: unknown, pattern: unknown): boolean => {
  if (typeof pattern === 'function') return (pattern as Predicate)(value)
  if (Array.isArray(pattern))
    return (
      Array.isArray(value) &&
      value.length === pattern.length &&
      pattern.every((one, index) => fits(value[index], one))
    )
  if (!isObject(pattern)) return Object.is(value, pattern)
  if (!isObject(value)) return false
  const keys = Object.keys(pattern)
  return Object.keys(value).length === keys.length && keys.every((key) => fits(value[key], pattern[key]))
}

export const isOn = (on: string | RegExp, name: string): boolean =>
  typeof on === 'string' ? on === name : on.test(name)

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

const patternOf = (at: string): RegExp =>
  new RegExp(`^(${escaped(at).replaceAll('\\*', '[^\\]]+')})(?=$|[.[{])`)

/** What stands at `path` of the whole answer: `{ status, header, body, ws }`. */
export type Look = (path: string) => unknown

const idOf = (entry: unknown): unknown => (isObject(entry) ? (entry.deviceId ?? entry.id) : undefined)

const stepInto = (value: unknown, step: string): unknown => {
  if (Array.isArray(value)) return value.find((entry) => idOf(entry) === step) ?? value[Number(step)]
  return isObject(value) ? value[step] : undefined
}

/** Looks into an answer by the paths of its differences. */
export const lookIn =
  (answer: Answer): Look =>
  (path) => {
    if (path.startsWith('header ')) return answer.headers[path.slice('header '.length)]
    const ws = Object.fromEntries(answer.events.map((event) => [event.type, event]))
    const steps = path.split(/[.[\]]+/).filter((step) => step !== '')
    return steps.reduce<unknown>(stepInto, { status: answer.status, body: answer.body, ws })
  }

/** Takes from `found` what the table explains. A line explains a path only when what we answer there is what it says. */
export const explain = (
  table: readonly Intended[],
  {
    name,
    found,
    look,
  }: { readonly name: string; readonly found: readonly Difference[]; readonly look: Look },
): Explained => {
  const lines = table.filter(({ on }) => isOn(on, name)).map((line) => ({ line, at: patternOf(line.at) }))
  const used = new Set<Intended>()
  const unexplained = found.filter((difference) => {
    const line = lines.find(({ line, at }) => {
      const place = at.exec(difference.path)?.[1]
      if (place === undefined) return false
      return fits(place === difference.path ? difference.ours : look(place), line.ours)
    })
    if (line !== undefined) used.add(line.line)
    return line === undefined
  })
  return { unexplained, used: [...used] }
}

export const tell = (name: string, { path, recorded, ours }: Difference): string =>
  `${name} | ${path} | recorded ${brief(recorded)} | ours ${brief(ours)}`
