import type { Goal, Line, Unit } from '../scenario.ts'

/** A figure that was measured once; left out of the table when it was not. */
export const figure = (label: string, unit: Unit, value: number | undefined): Line => ({
  label,
  unit,
  values: value === undefined ? [] : [value],
})

export const withGoal = (line: Line, goal: Goal): Line => ({ ...line, goal })
