/** Longest that the live function works on one batch. Source: its time-out in infra/functions.ts. */
export const liveLimitSeconds = 300
