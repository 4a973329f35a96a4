import { describe, expect, it } from 'vitest'
import { segmentsFor } from '../../../../shared/chunks/segments.ts'
import {
  type ChunkRecord,
  createChunks,
  newChunk,
  recordSplit,
  replaceChunk,
} from '../../../../shared/ledger/chunks.ts'
import type { LedgerTable } from '../../../../shared/ledger/table.ts'
import { rememberedChunks } from '../../../../shared/operator/status/remembered-chunks.ts'
import { memoryLedgerTable } from '../../../memory/ledger-table.ts'

/** Two segments of a copy, made at 0, and a watcher of them. */
async function watched() {
  const inner = memoryLedgerTable()
  const made = (pass: 'copy' | 'verify.1') => segmentsFor(2).map(({ id, chunk }) => newChunk('run', pass, id, chunk, 0))
  await createChunks(inner, made('copy'))
  const failing = { next: false }
  const ledger: LedgerTable = {
    get: (...asked) => inner.get(...asked),
    commit: (puts) => inner.commit(puts),
    async query(...asked) {
      if (failing.next) throw new Error('the ledger does not respond')
      return inner.query(...asked)
    },
  }
  const each = rememberedChunks(ledger)
  const look = async (pass: 'copy' | 'verify.1' = 'copy') => {
    const seen: string[] = []
    await each('run', pass, ({ id, state, tallies }) => void seen.push(`${id} ${state} ${tallies.read}`))
    return seen.sort()
  }
  /** A slice has written the row of a chunk at this time. */
  const written = async (chunk: ChunkRecord, at: number, change: Partial<ChunkRecord> = {}) => {
    const next = { ...chunk, ...change, epoch: chunk.epoch + 1, updatedAt: at }
    await replaceChunk(inner, next, { epoch: chunk.epoch, state: chunk.state })
    return next
  }
  const [first, second] = made('copy') as [ChunkRecord, ChunkRecord]
  return { inner, failing, look, written, first, second, made }
}

describe('the chunks that a watcher remembers', () => {
  it('are what they have become, and what they were where nobody has written', async () => {
    const { look, written, first } = await watched()
    expect(await look()).toEqual(['s00000 open 0', 's00001 open 0'])
    await written(first, 5_000, { state: 'done', tallies: { ...first.tallies, read: 7 } })
    expect(await look()).toEqual(['s00000 done 7', 's00001 open 0'])
    expect(await look()).toEqual(['s00000 done 7', 's00001 open 0'])
  })

  it('include the children of a split', async () => {
    const { look, inner, written, first } = await watched()
    await look()
    const begun = await written(first, 5_000)
    const children = ['s00000.0', 's00000.1'].map((id) => newChunk('run', 'copy', id, first.chunk, 6_000))
    await recordSplit(
      inner,
      { ...begun, state: 'split', children: children.map(({ id }) => id), updatedAt: 6_000 },
      children,
    )
    expect(await look()).toEqual(['s00000 split 0', 's00000.0 open 0', 's00000.1 open 0', 's00001 open 0'])
  })

  it('include a row that was written before the newest one, and arrived after it', async () => {
    const { look, written, first, second } = await watched()
    await written(first, 100_000)
    await look()
    await written(second, 80_000, { state: 'done' })
    expect(await look()).toEqual(['s00000 open 0', 's00001 done 0'])
  })

  it('lack nothing after a look that failed half-way', async () => {
    const { look, written, failing, first } = await watched()
    await look()
    await written(first, 200_000, { state: 'done' })
    failing.next = true
    await expect(look()).rejects.toThrow('does not respond')
    failing.next = false
    expect(await look()).toEqual(['s00000 done 0', 's00001 open 0'])
  })

  it('are those of the pass that is asked for', async () => {
    const { look, inner, made } = await watched()
    await look()
    await createChunks(inner, made('verify.1').slice(1))
    expect(await look('verify.1')).toEqual(['s00001 open 0'])
    expect(await look()).toEqual(['s00000 open 0', 's00001 open 0'])
  })
})
