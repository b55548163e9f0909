/** Says in the output of the tests what was measured in passing: no test depends on it. */
export const tellFigure = (what: string, ms: number): void =>
  void process.stderr.write(`${what}: ${Math.round(ms)} ms\n`)
