import { defineConfig } from 'vitest/config'

/** `npm run e2e:localstack`: apart from `npm test`, because it needs a LocalStack that somebody else has started. */
export default defineConfig({
  test: { name: 'localstack', root: import.meta.dirname, include: ['*.test.ts'], testTimeout: 900_000 },
})
