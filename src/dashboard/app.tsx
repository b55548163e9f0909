import { useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { useDashboard } from './context.ts'
import { lazyView } from './lazy.tsx'
import { DeviceList } from './list/device-list.tsx'
import { hrefOf, type View } from './router.ts'
import { Banner } from './shell/banner.tsx'
import { Header } from './shell/header.tsx'
import { SignIn } from './shell/sign-in.tsx'
import { useArrival } from './shell/use-arrival.ts'

const LazyDeviceView = lazyView(async () => (await import('./device/device-view.tsx')).DeviceView)
const LazySystemView = lazyView(async () => (await import('./system/system-view.tsx')).SystemView)

const TITLES: { readonly [name in View['name']]: string } = {
  list: 'Devices',
  device: 'Device',
  system: 'System',
  unknown: 'Not found',
}

const titleOf = (view: View): string => (view.name === 'device' ? view.id : TITLES[view.name])

const Shown = ({ view }: { readonly view: View }) => {
  switch (view.name) {
    case 'list':
      return <DeviceList />
    case 'device':
      return <LazyDeviceView key={view.id} id={view.id} />
    case 'system':
      return <LazySystemView />
    case 'unknown':
      return (
        <div class="notice">
          <h1>There is no such view</h1>
          <a href={hrefOf({ name: 'list' })}>All devices</a>
        </div>
      )
  }
}

/** Whatever the session allows to be seen. */
const Content = () => {
  const { session, view } = useDashboard()
  const state = session.state.value
  if (state.kind === 'signed-out') return <SignIn ended={state.ended} />
  if (state.kind === 'asking')
    return state.problem === undefined ? (
      <p class="loading">Connecting…</p>
    ) : (
      <div class="notice" role="alert">
        <p>{state.problem.message}. Trying again…</p>
      </div>
    )
  return <Shown view={view.value} />
}

export const App = () => {
  const { view } = useDashboard()
  const main = useRef<HTMLElement>(null)

  useSignalEffect(() => {
    document.title = `${titleOf(view.value)} · Sluice`
  })
  useArrival(view.value, main)

  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        To the content
      </button>
      <Header />
      <Banner />
      <main ref={main} id="main" tabIndex={-1}>
        <Content />
      </main>
    </>
  )
}
