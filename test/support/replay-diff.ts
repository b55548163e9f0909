/**
 * What an answer has otherwise than the recorded one, as a list of paths. Pure.
 * Volatile values must keep their type and their form (digits may differ); what holds insides of the older
 * backend is left out; entries of a list that have ids are matched by them, so that one entry more does not
 * make every later one differ, and an entry in another place is named as such.
 */
import { movedOf } from './replay-order.ts'

export interface Difference {
  /** In the answer: `status`, `header vary`, `body.devices[min-1].status`, `ws.new_frame.url`. */
  readonly path: string
  /** Undefined: not there. */
  readonly recorded: unknown
  readonly ours: unknown
}

export interface DiffRules {
  /** Recorded paths of values that differ from run to run. */
  readonly volatile: readonly string[]
  /** Recorded paths that hold no contract. */
  readonly left: readonly string[]
  /** The id that something recorded has now. */
  readonly rename: (id: string) => string
}

interface Place {
  /** As the answer is shown. */
  readonly shown: string
  /** As the recording's `volatile` names it: `$.response.body.data[0].id`. */
  readonly root: string
}

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const kindOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'whole number' : 'number'
  return typeof value
}

/** What stays of a value that differs from run to run. */
const formOf = (value: unknown): string =>
  typeof value === 'string' ? `text ${value.replaceAll(/\d+/g, '#')}` : kindOf(value)

const holds = (paths: readonly string[], root: string): boolean =>
  paths.some((path) => root === path || root.startsWith(`${path}.`) || root.startsWith(`${path}[`))

const idOf = (entry: unknown): string | undefined => {
  if (!isObject(entry)) return undefined
  const id = entry.deviceId ?? entry.id
  return typeof id === 'string' ? id : undefined
}

const cutOf = (entry: unknown): number =>
  isObject(entry) && typeof entry.$cut === 'string' ? Number.parseInt(entry.$cut, 10) : 0

/** The first letters of what is too long to print. */
export const brief = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

/** Differences of `ours` from `recorded`, both parsed JSON or text, at `place`. */
export const differences = (
  recorded: unknown,
  ours: unknown,
  { place, rules }: { readonly place: Place; readonly rules: DiffRules },
): readonly Difference[] => {
  const { shown, root } = place
  if (holds(rules.left, root)) return []
  const differs = { path: shown, recorded, ours }
  if (isObject(recorded) && isObject(ours)) return inObjects(recorded, ours, { place, rules })
  if (Array.isArray(recorded) && Array.isArray(ours)) return inLists(recorded, ours, { place, rules })
  const same = holds(rules.volatile, root) ? formOf(recorded) === formOf(ours) : Object.is(recorded, ours)
  return same ? [] : [differs]
}

type Context = { readonly place: Place; readonly rules: DiffRules }

const inObjects = (recorded: Json, ours: Json, { place, rules }: Context): readonly Difference[] => {
  const found: Difference[] = []
  for (const key of new Set([...Object.keys(recorded), ...Object.keys(ours)])) {
    const at = { shown: `${place.shown}.${key}`, root: `${place.root}.${key}` }
    if (key in recorded && key in ours)
      found.push(...differences(recorded[key], ours[key], { place: at, rules }))
    else if (!holds(rules.left, at.root))
      found.push({ path: at.shown, recorded: recorded[key], ours: ours[key] })
  }
  const common = Object.keys(recorded).filter((key) => key in ours)
  const order = Object.keys(ours).filter((key) => key in recorded)
  if (common.join() !== order.join())
    found.push({ path: `${place.shown}{order}`, recorded: common, ours: order })
  return found
}

const inLists = (
  all: readonly unknown[],
  ours: readonly unknown[],
  context: Context,
): readonly Difference[] => {
  const cut = cutOf(all.at(-1))
  const recorded = cut > 0 ? all.slice(0, -1) : all
  const keyed = recorded.length > 0 && [...recorded, ...ours].every((entry) => idOf(entry) !== undefined)
  if (keyed) return byId(recorded, ours, context)
  const { place, rules } = context
  const found: Difference[] = []
  const total = cut > 0 ? recorded.length + cut : recorded.length
  if (total !== ours.length) found.push({ path: `${place.shown}.length`, recorded: total, ours: ours.length })
  for (let index = 0; index < Math.min(recorded.length, ours.length); index += 1) {
    const at = { shown: `${place.shown}[${index}]`, root: `${place.root}[${index}]` }
    found.push(...differences(recorded[index], ours[index], { place: at, rules }))
  }
  return found
}

const byId = (
  recorded: readonly unknown[],
  ours: readonly unknown[],
  { place, rules }: Context,
): readonly Difference[] => {
  const found: Difference[] = []
  const ids = recorded.map((entry) => rules.rename(idOf(entry) ?? ''))
  const here = ours.map((entry) => idOf(entry) ?? '')
  for (const [index, id] of ids.entries()) {
    const at = { shown: `${place.shown}[${id}]`, root: `${place.root}[${index}]` }
    const other = here.indexOf(id)
    if (other < 0) found.push({ path: at.shown, recorded: recorded[index], ours: undefined })
    else found.push(...differences(recorded[index], ours[other], { place: at, rules }))
  }
  for (const [index, id] of here.entries())
    if (!ids.includes(id))
      found.push({ path: `${place.shown}[${id}]`, recorded: undefined, ours: ours[index] })
  const common = ids.filter((id) => here.includes(id))
  const places = common.map((id) => here.indexOf(id))
  for (const moved of movedOf(places)) {
    const id = common[moved] ?? ''
    found.push({ path: `${place.shown}[${id}]{place}`, recorded: ids.indexOf(id), ours: here.indexOf(id) })
  }
  return found
}
