/** Everything that goes wrong, as a table. */
import type { Fault } from '../fault.ts'
import { DISK } from './disk.ts'
import { FAIL_POINT_KILLS } from './fail-points.ts'
import { KILLS } from './kills.ts'
import { LINK } from './link.ts'
import { POSTGRES } from './postgres.ts'
import { REDIS } from './redis.ts'
import { SPOOL } from './spool.ts'
import { STOPS } from './stops.ts'

export const FAULTS: readonly Fault[] = [
  ...KILLS,
  ...FAIL_POINT_KILLS,
  ...STOPS,
  ...POSTGRES,
  ...LINK,
  ...REDIS,
  ...DISK,
  ...SPOOL,
]
