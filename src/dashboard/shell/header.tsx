import { useDashboard } from '../context.ts'
import { hrefOf } from '../router.ts'
import { LiveMark } from './live-mark.tsx'

export const Header = () => {
  const { session, view } = useDashboard()
  const state = session.state.value
  const isIn = state.kind === 'open' || state.kind === 'signed-in'
  const here = view.value.name
  return (
    <header class="header">
      <a class="brand" href={hrefOf({ name: 'list' })}>
        <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
          <rect width="32" height="32" rx="7" fill="var(--accent)" />
          <path
            d="M6 11c3.3-3 6.7-3 10 0s6.7 3 10 0M6 17c3.3-3 6.7-3 10 0s6.7 3 10 0M6 23c3.3-3 6.7-3 10 0s6.7 3 10 0"
            fill="none"
            stroke="var(--on-accent)"
            stroke-width="2.6"
            stroke-linecap="round"
          />
        </svg>
        Sluice
      </a>
      {isIn && (
        <nav aria-label="Views">
          <a href={hrefOf({ name: 'list' })} aria-current={here === 'list' ? 'page' : undefined}>
            Devices
          </a>
          <a href={hrefOf({ name: 'system' })} aria-current={here === 'system' ? 'page' : undefined}>
            System
          </a>
        </nav>
      )}
      <div class="header-end">
        {isIn && <LiveMark />}
        {state.kind === 'signed-in' && (
          <>
            <span class="who" title={`Signed in with the role ${state.role}`}>
              {state.name}
            </span>
            <button type="button" class="quiet" onClick={session.signOut}>
              Sign out
            </button>
          </>
        )}
      </div>
    </header>
  )
}
