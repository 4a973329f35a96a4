import path from 'node:path'
import { defineConfig } from 'vitest/config'
import tsconfig from './tsconfig.json' with { type: 'json' }

/** `dynamodb-segue` is this checkout, not what was last built of it; for an example with a tsconfig of its own, too. */
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([find, [file = '']]) => ({
  find: new RegExp(`^${find}$`),
  replacement: path.resolve(import.meta.dirname, file),
}))

/**
 * Groups run one after the other.
 * @param maxWorkers files at once, the same in a whole group; by default Vitest leaves a processor unused, of two.
 */
const project = (group: number, name: string, include: string[], testTimeout: number, maxWorkers: number | string) => ({
  resolve: { alias },
  test: {
    name,
    include,
    environment: 'node' as const,
    testTimeout,
    hookTimeout: 600_000,
    maxWorkers,
    sequence: { groupOrder: group },
  },
})

/** From cheap to real. Every file that starts real parts has its own, on free ports: two at once use two processors. */
export default defineConfig({
  test: {
    projects: [
      project(0, 'unit', ['test/unit/**/*.test.ts', 'examples/**/*.test.ts'], 120_000, '100%'),
      project(0, 'simulation', ['test/simulation/**/*.test.ts', 'test/exhaustive/**/*.test.ts'], 900_000, '100%'),
      // A new user's projects, from what is published.
      project(1, 'package', ['test/package/**/*.test.ts'], 600_000, 2),
      project(1, 'contract', ['test/contract/**/*.test.ts'], 180_000, 2),
      project(1, 'integration', ['test/integration/**/*.test.ts'], 300_000, 2),
      project(1, 'local', ['test/local/**/*.test.ts'], 300_000, 2),
      project(2, 'e2e', ['test/e2e/**/*.test.ts'], 900_000, 2),
    ],
  },
})
