import type { ComponentType, VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'

type Loaded<P> = { readonly component: ComponentType<P> } | 'loading' | 'failed'

/** A view whose code is loaded when it is first shown. A server that is away then is said, and tried again on request. */
export const lazyView = <P extends object>(load: () => Promise<ComponentType<P>>) => {
  let known: ComponentType<P> | undefined
  return (props: P): VNode => {
    const [loaded, setLoaded] = useState<Loaded<P>>(known === undefined ? 'loading' : { component: known })
    useEffect(() => {
      if (loaded !== 'loading') return
      load().then(
        (component) => {
          known = component
          setLoaded({ component })
        },
        () => setLoaded('failed'),
      )
    }, [loaded])
    if (loaded === 'loading') return <p class="loading">Loading…</p>
    if (loaded === 'failed')
      return (
        <div class="notice" role="alert">
          <h1>This view could not be loaded</h1>
          <p>The server is away, or has another version by now.</p>
          <p>
            <button type="button" class="primary" onClick={() => setLoaded('loading')}>
              Try again
            </button>{' '}
            <button type="button" onClick={() => location.reload()}>
              Load the page anew
            </button>
          </p>
        </div>
      )
    const { component: View } = loaded
    return <View {...props} />
  }
}
