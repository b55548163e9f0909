import { render } from 'preact'
import { App } from './app.tsx'
import { DashboardContext } from './context.ts'
import { createDashboard } from './dashboard.ts'

const root = document.getElementById('page')
if (root !== null) {
  root.replaceChildren()
  render(
    <DashboardContext.Provider value={createDashboard()}>
      <App />
    </DashboardContext.Provider>,
    root,
  )
}
