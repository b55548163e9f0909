/** `debug` that says nothing, for `import` and for `require`. */
const silent = Object.assign((): void => undefined, { extend: () => silent })
const debug = (): (() => void) => silent

// biome-ignore lint/style/noDefaultExport: it stands for a module that has one.
export { debug as default, debug as 'module.exports' }
