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
          <p>This view could not be loaded: the server cannot be reached.</p>
          <button type="button" onClick={() => setLoaded('loading')}>
            Try again
          </button>
        </div>
      )
    const { component: View } = loaded
    return <View {...props} />
  }
}
