/** What is not on the way and stops it all the same: a full disk, clocks that differ, another version. */
import { stat, statfs } from 'node:fs/promises'
import type { HttpClient } from '../http-client.ts'
import type { Health } from './health.ts'
import { failWith, type Hop, HopFailure, HopSkipped } from './hop.ts'

const MIB = 1024 * 1024
/** With less the spool may be full before anybody looks. */
const LEAST_FREE_BYTES = 512 * MIB
const LEAST_FREE_SHARE = 0.02

interface Space {
  readonly freeBytes: number
  readonly totalBytes: number
  readonly where: string
}

const spaceHere = async (dataDir: string): Promise<Space | undefined> => {
  const isThere = await stat(dataDir).then(
    () => true,
    () => false,
  )
  if (!isThere) return undefined
  const { bavail, blocks, bsize } = await statfs(dataDir)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, where: dataDir }
}

const spaceThere = async (http: HttpClient): Promise<Space | undefined> => {
  const { status, body } = await http.request('/api/v1/system/overview')
  if (status !== 200) return undefined
  const { disk } = (body ?? {}) as {
    readonly disk?: { readonly freeBytes?: unknown; readonly totalBytes?: unknown }
  }
  if (typeof disk?.freeBytes !== 'number' || typeof disk.totalBytes !== 'number') return undefined
  return { freeBytes: disk.freeBytes, totalBytes: disk.totalBytes, where: 'the data folder there' }
}

const gib = (bytes: number): string => `${(bytes / 1024 / MIB).toFixed(1)} GiB`

/** @param dataDir - undefined: that Sluice is on another machine */
export const diskHop = (http: HttpClient, dataDir: string | undefined): Hop => ({
  name: 'disk space',
  run: async () => {
    const here = dataDir === undefined ? undefined : await spaceHere(dataDir)
    const space = here ?? (await spaceThere(http).catch(() => undefined))
    if (space === undefined)
      throw new HopSkipped('its data folder is not on this machine, or not this DATA_DIR')
    const { freeBytes, totalBytes, where } = space
    const detail = `${gib(freeBytes)} of ${gib(totalBytes)} free at ${where}`
    if (freeBytes < LEAST_FREE_BYTES || freeBytes < totalBytes * LEAST_FREE_SHARE)
      throw new HopFailure(
        detail,
        'free disk space: a spool that cannot be written holds every ack (lower FRAMES_MAX_BYTES or RETENTION_DAYS)',
      )
    return detail
  },
  onError: failWith('look whether the disk of DATA_DIR can be read'),
})

const MAX_SKEW_MS = 2_000

/** @param asked - this machine's clock (epoch ms) before and after the server told its time */
export const clockHop = (health: Health, asked: { readonly from: number; readonly to: number }): Hop => ({
  name: 'clocks',
  run: async () => {
    const skew = Math.round(health.timestamp - (asked.from + asked.to) / 2)
    const doubt = Math.ceil((asked.to - asked.from) / 2)
    const detail = `the server is ${Math.abs(skew)} ms ${skew < 0 ? 'behind' : 'ahead of'} this machine (±${doubt} ms)`
    if (Math.abs(skew) <= MAX_SKEW_MS + doubt) return detail
    throw new HopFailure(
      detail,
      'set the clocks (NTP): readings without a time of their own get that of the server, and charts that of this machine',
    )
  },
  onError: failWith('look at the clocks of both machines'),
})

/** @param version - of this command */
export const versionHop = (health: Health, version: string): Hop => ({
  name: 'version',
  run: async () =>
    health.version === version
      ? `Sluice ${health.version}`
      : `Sluice ${health.version} there, ${version} here`,
  onError: failWith('look at GET /health'),
})
