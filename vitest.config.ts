import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], more: object = {}) => ({
  test: { name, include, environment: 'node' as const, testTimeout: 60_000, hookTimeout: 300_000, ...more },
})

/** From cheap to real. The last ones start real parts, one file at a time: the machine has few processors. */
export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/unit/**/*.test.ts'], { testTimeout: 120_000 }),
      project('simulation', ['test/simulation/**/*.test.ts', 'test/exhaustive/**/*.test.ts'], { testTimeout: 900_000 }),
      project('contract', ['test/contract/**/*.test.ts'], { testTimeout: 180_000 }),
      project('integration', ['test/integration/**/*.test.ts'], { testTimeout: 300_000, fileParallelism: false }),
      project('local', ['test/local/**/*.test.ts'], { testTimeout: 300_000, fileParallelism: false }),
      project('e2e', ['test/e2e/**/*.test.ts'], { testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false }),
    ],
  },
})
