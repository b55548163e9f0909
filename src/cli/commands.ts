/** All commands, in the order of the usage text. A new one is a file and an entry. */
import type { Command } from './command.ts'
import { dlqList } from './dlq/list.ts'
import { dlqPurge } from './dlq/purge.ts'
import { dlqReplay } from './dlq/replay.ts'
import { dlqShow } from './dlq/show.ts'

export const COMMANDS: readonly Command[] = [dlqList, dlqShow, dlqReplay, dlqPurge]
