import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{shared,services,cli,bench,test/fakes,test/deploy}/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/*.test.ts', 'test/{clients,conformance}/*.test.ts'],
          globalSetup: ['test/support/global-redis.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Two cores: more files at once only makes the timing-sensitive ones (kill, heal) slower, not faster.
          maxWorkers: 2,
        },
      },
    ],
  },
})
