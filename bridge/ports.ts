/**
 * What the bridge needs of the outside. The bridge owns these words; Aedes, MQTT.js, LevelDB, Postgres and Redis are
 * adapted to them, one adapter a file. Each port has a contract suite in test/contracts that every adapter passes.
 */
import type { BuzzerRequest } from './core/buzzer.ts'
import type { Device } from './core/device.ts'
import type { Latest } from './core/latest.ts'
import type { DeviceId } from './core/reading.ts'
import type { BootClaim, CheckedBoot } from './core/unverified.ts'

export type * from './history-ports.ts'

/** Wall clock, epoch milliseconds. */
export type Clock = () => number

/** A part that is started once and stopped once; both are idempotent. */
export interface Lifecycle {
  start(): Promise<void>
  stop(): Promise<void>
}

// --- MQTT ---------------------------------------------------------------------------------------

/** One PUBLISH as a broker hands it over. */
export interface Message {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

/**
 * Takes a message in. `done()` is called once what the message holds is durable (or the message is none
 * of ours, then at once); the source acks only then. `done(error)` means it was not taken in: no ack.
 * A callback, not a promise: this is called for every message, and a group shares one fsync.
 */
export type Intake = (message: Message, clientId: string, done: Done) => void

/**
 * Taken in, or not. `payload`: what subscribers are sent instead of what was published (a buzzer command that
 * came without its id is given one).
 */
export type Done = (error?: Error, payload?: Buffer) => void

/** Publishes to MQTT clients. QoS 0 unless said. Fire and forget: failures are the broker's events. */
export interface Publisher {
  publish(topic: string, payload: string, options?: { readonly retain?: boolean; readonly qos?: 0 | 1 }): void
  /** False when surely nobody listens to this topic now: what is worth nothing unheard need not be made. */
  isHeard(topic: string): boolean
}

// --- Spool --------------------------------------------------------------------------------------

/**
 * What one fsync made durable: rows as COPY text lines, each ended by a newline. Offsets count rows: the readings
 * come first (`offset` … `offset + readingRows - 1`), then the dead letters.
 */
export interface SpoolEntry {
  readonly offset: number
  /** Where the entry before this one ended: a reader that comes from elsewhere knows that rows are missing. */
  readonly previousEnd: number
  /**
   * Rows ever appended to this spool before this entry. Unlike offsets these have no gaps, so that what is missing
   * between two entries can be counted.
   */
  readonly row: number
  readonly readingRows: number
  readonly deadRows: number
  readonly readings: Uint8Array
  readonly deadLetters: Uint8Array
}

/** The sequence numbers seen of one device, in the compact form of core/dedupe.ts. */
export interface SeenRecord {
  readonly deviceId: DeviceId
  readonly seen: string
}

export interface Checkpoint {
  readonly offset: number
  /** Rows ever appended below `offset`. */
  readonly rows: number
  /** The counters of that moment, in the form of pipeline/ledger.ts. */
  readonly account: string
}

export interface SpoolState {
  /** Random, made with the spool; names its cursor in Postgres. */
  readonly spoolId: string
  /** Where the last entry ended; 0 for a new spool. */
  readonly end: number
  /** The offset the next row gets: at or after `end`, and above every offset this spool ever gave out. */
  readonly nextOffset: number
  /** Rows ever appended: `row` of the next entry. */
  readonly rows: number
  /** `row` of the oldest entry kept; `rows` without any. */
  readonly firstRow: number
  /** Where the last `checkpoint` was; 0 when there was none. */
  readonly checkpoint: number
  /** What the last `checkpoint` was given to keep; null when there was none. */
  readonly account: string | null
  /** What was damaged and how it was mended, in one sentence; null for a sound spool. */
  readonly damage: string | null
}

export interface SpoolStore {
  /** Opens, repairs when damaged. Throws SPOOL_LOCKED when another process has it. */
  open(): Promise<SpoolState>
  /** Resolves when the entry is fsynced. Entries are written one at a time, in order of offset. */
  append(entry: SpoolEntry): Promise<void>
  /**
   * Entries that hold rows at or after `offset`, oldest first, until about `maxBytes` have gathered (at
   * least one if there is any). Damaged entries are passed over: `previousEnd` of the next one tells.
   */
  read(offset: number, maxBytes: number): Promise<readonly SpoolEntry[]>
  /** Every entry that ends after `offset`, oldest first, for rebuilding memory after a start. */
  entries(offset: number): AsyncIterable<SpoolEntry>
  /** From which offset on the entries take at most `maxBytes`; 0 when all of them do. */
  newest(maxBytes: number): Promise<number>
  /** What `checkpoint` kept of the devices' sequence numbers. */
  seen(): AsyncIterable<SeenRecord>
  /** Keeps the devices' sequence numbers of rows that are durable: a start completes them from `offset` on. */
  checkpoint(checkpoint: Checkpoint, seen: readonly SeenRecord[]): Promise<void>
  /** Forgets entries that lie wholly below `offset`. */
  trim(offset: number): Promise<void>
  /** Bytes of the entries not yet trimmed. */
  readonly bytes: number
  close(): Promise<void>
}

// --- Postgres -----------------------------------------------------------------------------------

/** Rows `from` … `to - 1` of a spool, stored in one transaction together with the cursor's move to `to`. */
export interface Batch {
  readonly spoolId: string
  readonly from: number
  readonly to: number
  /** Which of all rows ever appended to the spool these are, lost ones included (`SpoolEntry.row`). */
  readonly fromRow: number
  readonly toRow: number
  /** Rows among them that are not here: the spool has lost them. */
  readonly lost: number
  /**
   * Boots with rows in this batch of which it is not sure that no row came before this spool remembers: the sink
   * looks whether it has them, and stores none of theirs twice.
   */
  readonly boots: readonly BootClaim[]
  /** COPY text for `sensor_data` (columns: core/copy-row.ts), in chunks that end with a newline. */
  readonly readings: readonly Uint8Array[]
  /** COPY text for `dead_letters`. */
  readonly deadLetters: readonly Uint8Array[]
}

/** What became of a batch, as the sink counted it. */
export interface Stored {
  readonly readings: number
  readonly deadLetters: number
  /** Readings left out because the sink had them already, per device. */
  readonly resent: ReadonlyMap<DeviceId, number>
  /** What the sink knows now of the boots in doubt. */
  readonly checked: readonly CheckedBoot[]
}

/** What became of the rows `firstRow` … `row - 1` of a spool (`SpoolEntry.row`), as the sink counted it. */
export interface Account {
  /** The first row this sink was given. */
  readonly firstRow: number
  readonly row: number
  readonly readings: number
  readonly deadLetters: number
  /** Not stored because the sink had them already. */
  readonly deduplicated: number
  readonly lost: number
}

/** How far the rows of a spool are stored. */
export interface Cursor {
  /** Every row below it is accounted for. */
  readonly offset: number
  /** Null: an older version moved it last, which did not count. */
  readonly account: Account | null
}

export interface ReadingSink {
  /** Null when the sink has never seen this spool. */
  cursor(spoolId: string): Promise<Cursor | null>
  /**
   * Stores the batch and moves the cursor from `from` (or from nothing) to `to`, all or nothing. Throws ROW_REFUSED,
   * CURSOR_MOVED or STORE_UNAVAILABLE (then it is not known whether it was stored: ask `cursor`).
   */
  store(batch: Batch): Promise<Stored>
}

export interface DeviceStore {
  /** Inserts or updates whole devices. Later entries of the same id win. */
  upsert(devices: readonly Device[]): Promise<void>
  /** Newest `lastSeen` first. */
  list(limit: number): Promise<readonly Device[]>
  get(deviceId: DeviceId): Promise<Device | undefined>
  remove(deviceIds: readonly DeviceId[]): Promise<void>
}

// --- Buzzer -------------------------------------------------------------------------------------

export interface BuzzerStore {
  /**
   * Reserves `count` ids that nobody else gets, increasing; the first of them. All lie above `above` and above
   * every stored request: a store that was put back to an older state gives no id twice. Throws STORE_UNAVAILABLE.
   */
  reserveIds(count: number, above: number): Promise<number>
  /**
   * Inserts or updates whole requests, all or nothing. Later entries of the same id win, but a stored request that is
   * completed stays as it is: another process, that was not asked, may still count it as pending.
   */
  upsert(requests: readonly BuzzerRequest[]): Promise<void>
  get(requestId: number): Promise<BuzzerRequest | undefined>
  /** The newest request of the device. */
  newest(deviceId: DeviceId): Promise<BuzzerRequest | undefined>
  /** Every request that is pending and not older than `sinceMs` (epoch), for the start. */
  pending(sinceMs: number): Promise<readonly BuzzerRequest[]>
}

// --- Frames -------------------------------------------------------------------------------------

/** Files of pictures, by name. */
export interface FrameStore {
  /** Absolute path. */
  readonly folder: string
  /** Makes the folder, removes half-written files. */
  open(): Promise<void>
  /** Resolves when the file can be read whole under its name. Throws STORE_UNAVAILABLE (a full disk). */
  write(filename: string, jpeg: Uint8Array): Promise<void>
  remove(filename: string): Promise<void>
  /** Every picture in the folder: names and sizes. */
  list(): Promise<readonly { readonly filename: string; readonly bytes: number }[]>
}

// --- Latest values ------------------------------------------------------------------------------

export interface LatestStore {
  /** Merges by newest-wins (core/latest.ts); one call is one round trip whatever its length. */
  put(latest: readonly Latest[]): Promise<void>
  get(deviceIds: readonly DeviceId[]): Promise<readonly Latest[]>
  remove(deviceIds: readonly DeviceId[]): Promise<void>
}
