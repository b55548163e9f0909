import { Component, type ComponentType, createElement, type VNode } from 'preact'

/** A component that is not drawn anew by its parent as long as its props are the same. */
export const memo = <P extends object>(inner: (props: P) => VNode | null): ComponentType<P> =>
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const before = this.props as P
      const keys = new Set([...Object.keys(before), ...Object.keys(next)] as (keyof P)[])
      return [...keys].some((key) => before[key] !== next[key])
    }

    override render(): VNode<P> {
      return createElement<P>(inner, this.props as P)
    }
  } as ComponentType<P>
