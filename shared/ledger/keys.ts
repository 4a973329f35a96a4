import { createHash } from 'node:crypto'

/**
 * The rows of chunks and of quarantined items are spread over this many partition keys, so that the ledger itself has
 * no hot key.
 */
export const shards = 64

/** A stable number in [0, n) for a text: FNV-1a, 32 bits. */
export function bucketOf(text: string, n: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return (hash >>> 0) % n
}

/** SHA-256 in hex: source keys may be longer than the 1,024 bytes a ledger sort key can hold. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

const two = (n: number) => String(n).padStart(2, '0')

export const runPk = (run: string) => `RUN#${run}`
export const chunkShardPk = (run: string, shard: number) => `RUN#${run}#${two(shard)}`
export const chunkPk = (run: string, chunk: string) => chunkShardPk(run, bucketOf(chunk, shards))
export const chunkSk = (pass: string, chunk: string) => `CHUNK#${pass}#${chunk}`
export const quarantineShardPk = (run: string, shard: number) => `QUARANTINE#${run}#${two(shard)}`
export const differenceShardPk = (run: string, verification: number, shard: number) =>
  `DIFF#${run}#${verification}#${two(shard)}`
const three = (n: number) => String(n).padStart(3, '0')
export const ticketPk = (build: string, bucket: number) => `TICKET#${build}#${three(bucket)}`
export const rejectionShardPk = (build: string, shard: number) => `REJECTED#${build}#${two(shard)}`
export const buildPk = (table: string) => `BUILD#${table}`
export const burialPk = (build: string, hour: number) => `BURIAL#${build}#${hour}`
export const leasePk = (table: string) => `LEASE#${table}`
export const runKeyPk = (table: string) => `RUNKEY#${table}`
export const appliedPk = (table: string) => `APPLIED#${table}`
export const heavyPk = (table: string) => `HEAVY#${table}`

/**
 * Rows of chunks, quarantined items, heads and tickets expire this long after the last write; runs, audit and applied migrations
 * stay.
 */
export const keepDays = 60

/** The `expiresAt` of a row written at `now` (ms): epoch seconds, as DynamoDB's TTL wants it. */
export const expiry = (now: number, days = keepDays) => Math.floor(now / 1000) + days * 86_400
