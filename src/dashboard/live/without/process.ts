/** What readable-stream asks of node's `process`. Not by a timer: those of a page in the background hardly run. */
type Task = (...given: readonly unknown[]) => void

const process = {
  env: {},
  nextTick: (task: Task, ...given: readonly unknown[]): void => queueMicrotask(() => task(...given)),
}

export const { env, nextTick } = process
// biome-ignore lint/style/noDefaultExport: it stands for a module that has one.
export default process
