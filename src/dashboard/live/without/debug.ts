/** `debug` that says nothing. */
const silent = Object.assign((): void => undefined, { extend: () => silent })

// biome-ignore lint/style/noDefaultExport: it stands for a module that has one.
export default (): (() => void) => silent
