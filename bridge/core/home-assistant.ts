/**
 * What Home Assistant is told of a device: one MQTT discovery message with all its components ("device discovery", which
 * Home Assistant has had since 2024.12), on `{prefix}/device/{object id}/config`. Values come from the retained
 * `sensors/{id}/latest`, availability from `devices/{id}/status`, the button asks on `buzzer/{id}/cmd`.
 *
 * Ids may hold nearly any character there is, object ids letters, digits, `_` and `-` only: the encoding gives no two of
 * them the same. Templates say `value_json['values']`, never `value_json.values`: to Jinja that is a method of every
 * mapping.
 */
import type { Latest } from './latest.ts'
import type { DeviceId, JsonValue, MetricName } from './reading.ts'
import { topics } from './topic.ts'

/** Longer keys are no sensors. */
const MAX_KEY_LENGTH = 200
/** Keys of one device, however many it makes up. */
const MAX_KEYS = 64

/** What of a device is announced: its metrics, and its custom keys that are numbers. */
export interface Components {
  readonly metrics: ReadonlySet<string>
  readonly keys: ReadonlySet<string>
}

export interface Announced {
  readonly deviceId: DeviceId
  readonly topic: string
  readonly metrics: readonly string[]
  readonly keys: readonly string[]
}

/** A port: what was announced and stays at the broker until it is taken back. It outlives the process. */
export interface AnnouncedStore {
  /** The newest of each topic. Empty when there is none. */
  load(): Promise<readonly Announced[]>
  /** Notes what was announced, or taken back. */
  note(changes: readonly (Announced | { readonly topic: string; readonly gone: true })[]): Promise<void>
  /** Forgets everything. */
  clear(): Promise<void>
}

export interface DiscoverySubject {
  readonly id: DeviceId
  readonly name: string
  readonly type: string | null
}

export const NO_COMPONENTS: Components = { metrics: new Set(), keys: new Set() }

interface Entity {
  readonly name: string
  readonly deviceClass?: string
  readonly unit?: string
  readonly icon?: string
}

const ENTITIES: { readonly [name in MetricName]: Entity } = {
  temperature: { name: 'Temperature', deviceClass: 'temperature', unit: '°C' },
  humidity: { name: 'Humidity', deviceClass: 'humidity', unit: '%' },
  distance: { name: 'Distance', deviceClass: 'distance', unit: 'cm' },
  lightLevel: { name: 'Light level', icon: 'mdi:brightness-6' },
  pressure: { name: 'Pressure', deviceClass: 'atmospheric_pressure', unit: 'hPa' },
  altitude: { name: 'Altitude', deviceClass: 'distance', unit: 'm' },
  co2Level: { name: 'CO₂', deviceClass: 'carbon_dioxide', unit: 'ppm' },
}

/** `_` is doubled, anything else but letters, digits and `-` is `_` and its UTF-16 unit in four hexadecimal digits. */
export const objectIdOf = (text: string): string =>
  text.replace(/[^a-zA-Z0-9-]/g, (unit) =>
    unit === '_' ? '__' : `_${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const uniqueIdOf = (id: DeviceId): string => `sluice_${objectIdOf(id)}`

/** Where the device is announced. */
export const discoveryTopic = (prefix: string, id: DeviceId): string =>
  `${prefix}/device/${uniqueIdOf(id)}/config`

/** As a string of a Jinja template: what is not plain is written by its number, so nothing in it ends the string. */
export const jinjaText = (text: string): string => {
  let quoted = ''
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (/[a-zA-Z0-9_ -]/.test(character)) quoted += character
    else if (code > 0xffff) quoted += `\\U${code.toString(16).padStart(8, '0')}`
    else quoted += `\\u${code.toString(16).padStart(4, '0')}`
  }
  return `'${quoted}'`
}

/** What renders as nothing leaves the sensor's value as it is. */
const metricTemplate = (metric: string): string => `{{ value_json['values']['${metric}'] | default('') }}`

const keyTemplate = (key: string): string =>
  `{% set v = (value_json['custom'] or {})[${jinjaText(key)}] | default('') %}` +
  `{{ v if v is number and v is not boolean else '' }}`

/** Boards leave the bare word as their will; any word but offline means that it is there. */
const AVAILABILITY =
  "{% set s = value_json['status'] if value_json is mapping else value %}" +
  "{{ s if s in ('', 'offline') else 'online' }}"

const isAnnounced = (key: string, value: JsonValue | undefined): boolean =>
  typeof value === 'number' && key.length <= MAX_KEY_LENGTH

/** Whether everything in these values is announced. For each change of a device: nothing is allocated. */
export const isCovered = (known: Components, { values, custom }: Latest): boolean => {
  for (const metric in values) if (!known.metrics.has(metric)) return false
  if (custom === null || known.keys.size >= MAX_KEYS) return true
  for (const key in custom) if (isAnnounced(key, custom[key]) && !known.keys.has(key)) return false
  return true
}

/** Both together: what was ever announced stays. */
export const joinComponents = (
  known: Components,
  more: { readonly metrics: Iterable<string>; readonly keys: Iterable<string> },
): Components => {
  const keys = new Set(known.keys)
  for (const key of more.keys) if (keys.size < MAX_KEYS) keys.add(key)
  return { metrics: new Set([...known.metrics, ...more.metrics]), keys }
}

/** What these values have of their own. */
export const componentsOf = ({ values, custom }: Latest): Components =>
  joinComponents(NO_COMPONENTS, {
    metrics: Object.keys(values),
    keys: Object.keys(custom ?? {}).filter((key) => isAnnounced(key, custom?.[key])),
  })

const metricSensors = ({ id }: DiscoverySubject, metrics: ReadonlySet<string>): object =>
  Object.fromEntries(
    // In one order, so that the same device is the same message.
    (Object.keys(ENTITIES) as MetricName[])
      .filter((metric) => metrics.has(metric))
      .map((metric) => {
        const { name, deviceClass, unit, icon } = ENTITIES[metric]
        const sensor = {
          p: 'sensor',
          name,
          uniq_id: `${uniqueIdOf(id)}_metric_${metric}`,
          ...(deviceClass === undefined ? {} : { dev_cla: deviceClass }),
          ...(unit === undefined ? {} : { unit_of_meas: unit }),
          ...(icon === undefined ? {} : { ic: icon }),
          stat_cla: 'measurement',
          stat_t: topics.latest(id),
          val_tpl: metricTemplate(metric),
        }
        return [`metric_${metric}`, sensor]
      }),
  )

const keySensors = ({ id }: DiscoverySubject, keys: ReadonlySet<string>): object =>
  Object.fromEntries(
    [...keys].sort().map((key) => [
      `key_${objectIdOf(key)}`,
      {
        p: 'sensor',
        name: key,
        uniq_id: `${uniqueIdOf(id)}_key_${objectIdOf(key)}`,
        stat_cla: 'measurement',
        stat_t: topics.latest(id),
        val_tpl: keyTemplate(key),
      },
    ]),
  )

/** The discovery message of a device with these components and its buzzer. @param version - of Sluice */
export const discoveryConfig = (
  subject: DiscoverySubject,
  { metrics, keys }: Components,
  version: string,
): string => {
  const { id, name, type } = subject
  const buzzer = {
    p: 'button',
    name: 'Buzzer',
    uniq_id: `${uniqueIdOf(id)}_buzzer`,
    ic: 'mdi:bell-ring',
    cmd_t: topics.command(id),
    pl_prs: 'ON',
    qos: 1,
  }
  return JSON.stringify({
    dev: { ids: [uniqueIdOf(id)], name: name === '' ? id : name, ...(type === null ? {} : { mdl: type }) },
    o: { name: 'Sluice', sw: version },
    avty_t: topics.status(id),
    avty_tpl: AVAILABILITY,
    cmps: { ...metricSensors(subject, metrics), ...keySensors(subject, keys), buzzer },
  })
}
