import type { Attack, AttackName } from '../attack.ts'
import { bomb } from './bomb.ts'
import { frames } from './frames.ts'
import { fuzz } from './fuzz.ts'
import { halfOpen } from './half-open.ts'
import { idle } from './idle.ts'
import { slow } from './slow.ts'

export const ATTACKS: Readonly<Record<AttackName, Attack>> = {
  fuzz,
  'half-open': halfOpen,
  idle,
  slow,
  bomb,
  frames,
}
