import { effect } from '@preact/signals'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useDashboard } from '../context.ts'
import { createListModel, type ListModel, type ListSettings } from './list-model.ts'

const EVERY_TICKS = 2

/** Undefined until the devices are known. Anew at once for what the user does, else every two seconds. */
export const useListModel = (settings: ListSettings): ListModel | undefined => {
  const { fleet, now, tick } = useDashboard()
  const model = useMemo(createListModel, [])
  const { filter, sort, metrics } = settings
  const look = (): ListModel | undefined =>
    fleet.ids.peek() === undefined ? undefined : model(fleet.all(), settings, now())
  const [shown, setShown] = useState(look)

  useEffect(() => {
    let ticks = 0
    let ids = fleet.ids.peek()
    setShown(look())
    return effect(() => {
      const known = fleet.ids.value
      ticks += tick.value > 0 ? 1 : 0
      if (known === ids && ticks % EVERY_TICKS !== 0) return
      ids = known
      setShown(look())
    })
  }, [filter.search, filter.link, sort.key, sort.descending, metrics])

  return shown
}
