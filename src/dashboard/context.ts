import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Dashboard } from './dashboard.ts'

export const DashboardContext = createContext<Dashboard | undefined>(undefined)

/** What every view may use. Throws outside of the page. */
export const useDashboard = (): Dashboard => {
  const dashboard = useContext(DashboardContext)
  if (dashboard === undefined) throw new Error('Not within the page')
  return dashboard
}
