// ESM throughout: jest runs with --experimental-vm-modules (see package.json), swc only strips the types.
const project = (name, extra = {}) => ({
  displayName: name,
  rootDir: import.meta.dirname,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/data'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  ...extra,
})

export default {
  // Also on two cores, where jest would take one: most of the time is spent waiting for processes.
  maxWorkers: 3,
  // Nothing asserts a time; a busy machine is given more than jest's 5 s.
  testTimeout: 20_000,
  projects: ['architecture', 'unit', 'services', 'system', 'faults', 'browser'].map((name) => project(name)),
}
