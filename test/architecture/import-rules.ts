/**
 * Who may import whom, as a table. A zone is the smallest unit the rule speaks of; a file belongs to exactly one.
 *
 *   broker ──types──► door ◄── src ──► broker, mosquitto-compat      test ──► anything; nothing ──► test
 *   inside the bridge: core ◄ ports ◄ events ◄ pipeline ◄ bridge;  core, ports ◄ stores;  the door shows them all
 */
import type { Import } from './imports-of.ts'

export const ZONES = [
  'core', // bridge/core
  'core-door', // bridge/core/index.ts: core for others, safe in a browser
  'ports', // bridge/ports.ts, bridge/history-ports.ts
  'events', // bridge/events.ts, bridge/services.ts
  'pipeline', // bridge/pipeline
  'stores', // bridge/stores
  'bridge', // other files of bridge/ itself: they join pipeline and ports
  'door', // bridge/index.ts
  'broker',
  'broker-door',
  'compat', // mosquitto-compat
  'compat-door',
  'facade', // src/facade
  'dashboard', // src/dashboard, in the browser
  'src',
  'test',
] as const

export type Zone = (typeof ZONES)[number]

const EXACT: { readonly [path: string]: Zone } = {
  'bridge/core/index.ts': 'core-door',
  'bridge/ports.ts': 'ports',
  'bridge/history-ports.ts': 'ports',
  'bridge/events.ts': 'events',
  'bridge/services.ts': 'events',
  'bridge/index.ts': 'door',
  'broker/index.ts': 'broker-door',
  'mosquitto-compat/index.ts': 'compat-door',
}

// The first that fits counts.
const FOLDERS: readonly (readonly [string, Zone])[] = [
  ['bridge/core/', 'core'],
  ['bridge/pipeline/', 'pipeline'],
  ['bridge/stores/', 'stores'],
  ['bridge/', 'bridge'],
  ['broker/', 'broker'],
  ['mosquitto-compat/', 'compat'],
  ['src/facade/', 'facade'],
  ['src/dashboard/', 'dashboard'],
  ['src/', 'src'],
  ['test/', 'test'],
]

/** The zone of a path from the root; undefined when it is no file of the five parts. */
export const zoneOf = (path: string): Zone | undefined =>
  EXACT[path] ?? FOLDERS.find(([folder]) => path.startsWith(folder))?.[1]

const INSIDE_BRIDGE = ['core', 'core-door', 'ports', 'events'] as const

/** The zones a zone may import. What is not listed is forbidden. */
const MAY_IMPORT: { readonly [zone in Zone]: readonly Zone[] } = {
  core: ['core'],
  'core-door': ['core'],
  ports: ['core', 'core-door', 'ports'],
  events: ['core', 'core-door', 'ports'],
  pipeline: [...INSIDE_BRIDGE, 'pipeline'],
  stores: ['core', 'core-door', 'ports', 'stores'],
  bridge: [...INSIDE_BRIDGE, 'pipeline', 'bridge'],
  door: [...INSIDE_BRIDGE, 'pipeline', 'stores', 'bridge'],
  broker: ['door', 'core-door', 'broker'],
  'broker-door': ['door', 'core-door', 'broker'],
  compat: ['door', 'core-door', 'compat'],
  'compat-door': ['door', 'core-door', 'compat'],
  facade: ['door', 'core-door', 'src', 'facade'],
  dashboard: ['core-door', 'dashboard'],
  src: ['door', 'core-door', 'broker-door', 'compat-door', 'facade', 'src'],
  test: ZONES,
}

/** Zones that may take only types from the bridge: at run time they are handed what they need, or are elsewhere. */
const TYPES_ONLY: readonly Zone[] = ['broker', 'broker-door', 'compat', 'compat-door', 'dashboard']

type PackageRule = { readonly only: readonly string[] } | { readonly never: readonly string[] }

const NOTHING: PackageRule = { only: [] }

/** Packages and `node:` modules per zone. A zone that is not listed may import any. */
const PACKAGES: { readonly [zone in Zone]?: PackageRule } = {
  core: NOTHING,
  'core-door': NOTHING,
  ports: NOTHING,
  events: { only: ['node:'] },
  pipeline: { only: ['node:', 'lru-cache'] },
  bridge: { only: ['node:'] },
  stores: { never: ['aedes', 'mqtt', 'fastify', 'ws'] },
  broker: { never: ['pg', 'pg-copy-streams', 'ioredis', 'mqtt', 'fastify'] },
  'broker-door': { never: ['pg', 'pg-copy-streams', 'ioredis', 'mqtt', 'fastify'] },
  compat: { never: ['pg', 'pg-copy-streams', 'ioredis', 'aedes', 'fastify'] },
  'compat-door': { never: ['pg', 'pg-copy-streams', 'ioredis', 'aedes', 'fastify'] },
  dashboard: { only: ['preact', '@preact/signals', 'uplot', 'mqtt-js'] },
  facade: { never: ['pg', 'pg-copy-streams', 'ioredis', 'aedes', 'mqtt'] },
}

/** `node:` for a built-in module, else the package's name: `@scope/name/deep` → `@scope/name`. */
const packageOf = (specifier: string): string => {
  if (specifier.startsWith('node:')) return 'node:'
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

const breaksPackageRule = (zone: Zone, specifier: string): boolean => {
  const rule = PACKAGES[zone]
  if (rule === undefined) return false
  return 'only' in rule
    ? !rule.only.includes(packageOf(specifier))
    : rule.never.includes(packageOf(specifier))
}

/** A folder of src/ that has a door of its own is entered by it: `src/facade/server.ts` is not for `src/app.ts`. */
const breaksInnerDoor = ({ from, to }: Import, paths: ReadonlySet<string>): boolean => {
  const folder = /^src\/[^/]+\//.exec(to)?.[0]
  if (folder === undefined || from.startsWith(folder) || zoneOf(from) === 'test') return false
  return paths.has(`${folder}index.ts`) && to !== `${folder}index.ts`
}

const problemOf = (edge: Import, paths: ReadonlySet<string>): string | undefined => {
  const zone = zoneOf(edge.from)
  const target = zoneOf(edge.to)
  if (zone === undefined) return 'is in no known part'
  if (target === undefined) return breaksPackageRule(zone, edge.to) ? `is not for ${zone}` : undefined
  if (!MAY_IMPORT[zone].includes(target)) return `${zone} may not import ${target}`
  if (breaksInnerDoor(edge, paths)) return 'goes past the index.ts of that folder'
  const leavesPart = target === 'door' || target === 'core-door'
  return TYPES_ONLY.includes(zone) && leavesPart && !edge.typeOnly ? 'is for types only' : undefined
}

/** Every import that breaks the table, one line each. `paths` are the files there are. */
export const violations = (imports: readonly Import[], paths: ReadonlySet<string>): readonly string[] =>
  imports.flatMap((edge) => {
    const problem = problemOf(edge, paths)
    return problem === undefined ? [] : [`${edge.from} → ${edge.to}: ${problem}`]
  })
