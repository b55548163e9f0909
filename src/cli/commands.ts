/** All commands, in the order of the usage text. A new one is a file and an entry. */
import { deviceAdd } from './access/device-add.ts'
import { deviceExport } from './access/export.ts'
import { createList } from './access/list.ts'
import { createRemove } from './access/remove.ts'
import { createRevoke } from './access/revoke.ts'
import { deviceRotate, userRotate } from './access/rotate.ts'
import { userAdd } from './access/user-add.ts'
import type { Command } from './command.ts'
import { dlqList } from './dlq/list.ts'
import { dlqPurge } from './dlq/purge.ts'
import { dlqReplay } from './dlq/replay.ts'
import { dlqShow } from './dlq/show.ts'
import { doctorCommand } from './doctor/doctor.ts'
import { simulateCommand } from './simulate/simulate.ts'
import { spoolDrain } from './spool/drain.ts'

export const COMMANDS: readonly Command[] = [
  deviceAdd,
  createList('device'),
  deviceRotate,
  createRevoke('device'),
  createRemove('device'),
  deviceExport,
  userAdd,
  createList('user'),
  userRotate,
  createRevoke('user'),
  createRemove('user'),
  dlqList,
  dlqShow,
  dlqReplay,
  dlqPurge,
  spoolDrain,
  doctorCommand,
  simulateCommand,
]
