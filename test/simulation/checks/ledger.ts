import { depthOf } from '../../../shared/chunks/chunk.ts'
import { decodeChunk } from '../../../shared/chunks/codec.ts'
import { decodeKey, encodeKey } from '../../../shared/dynamodb/key.ts'
import type { ChunkRecord } from '../../../shared/ledger/chunks.ts'
import { kindOf } from '../../../shared/ledger/passes.ts'
import type { Put, Row } from '../../../shared/ledger/table.ts'
import type { Swept } from '../../../shared/phases/sweep.ts'
import type { StepFunctions } from '../interpreter/step-functions.ts'
import type { Sandbox } from '../lambda/sandbox.ts'
import { violation } from '../violation.ts'
import type { World } from '../world.ts'
import { checkRoots, checkSplit } from './tiling.ts'

/** Longest between the moment an owner is seen ended, or its command is read, and the commit that takes the lease. */
export const PROBED_MS = 120_000

/** After this time, and one more sweep, the lease of an execution that has ended is free. */
const SWEPT_MS = 90_000

/** More slices of one chunk than even a long series of faults explains. */
const MOST_SLICES = 120

/** Watches every commit to the ledger: I5, I6, I7 and I9 as far as one commit can show them. */
export class LedgerChecks {
  readonly chunks = new Map<string, ChunkRecord>()
  /** How many slices each had been given when it last came further. */
  readonly #progressed = new Map<string, number>()
  lease: Row | undefined
  /** Who set the deadline of a chunk. */
  readonly #deadlineOf = new Map<string, string>()
  /** By run and pass, encoded. */
  readonly #wholeKeys = new Map<string, string[]>()
  readonly #world: World
  readonly #stepFunctions: () => StepFunctions

  constructor(world: World, stepFunctions: () => StepFunctions) {
    this.#world = world
    this.#stepFunctions = stepFunctions
  }

  /** A slice that clears its deadline says that none of its writes is under way. */
  onSend(puts: Put[], by: Sandbox): void {
    const own = by.invocation?.payload.chunk
    if (by.itemWrites === 0 || own === undefined) return
    const cleared = puts.find(({ row }) => row.sk.startsWith('CHUNK#') && row.id === own && row.deadline === undefined)
    if (!cleared) return
    const text = `${by.name} clears the deadline of ${own} while ${by.itemWrites} of its writes are under way`
    this.#world.violated(violation('early quiet', text, { chunks: [String(own)] }))
  }

  onCommit(puts: Put[], by: string): void {
    const splits: ChunkRecord[] = []
    const begun: ChunkRecord[] = []
    for (const { row } of puts) {
      if (row.sk.startsWith('CHUNK#')) {
        const chunk = chunkOf(row)
        this.#chunk(chunk, by)
        if (chunk.state === 'split') splits.push(chunk)
        if (chunk.chunk.kind === 'segment' && depthOf(chunk.id) === 0 && chunk.epoch === 1) begun.push(chunk)
      } else if (row.sk.startsWith('WHOLE#')) this.#wholeKeys.set(`${row.pk} ${row.sk}`, row.keys as string[])
      else if (row.sk === 'LEASE') {
        const isAnnounced = puts.some((put) => put.row.sk === 'RUN' && put.row.state === 'aborted')
        this.#leased(row, by, isAnnounced)
      }
    }
    for (const segment of begun) {
      const keys = this.#wholeKeys.get(`RUN#${segment.run} WHOLE#${segment.pass}`) ?? []
      const roots = this.of(segment.run, segment.pass).filter(({ id }) => depthOf(id) === 0)
      const found = checkRoots(this.#world, segment, keys, roots)
      if (found) this.#world.violated(found)
    }
    for (const split of splits) {
      const children = (split.children ?? []).map((id) => this.chunks.get(nameOf(split, id)))
      const found = checkSplit(this.#world, split, children)
      if (found) this.#world.violated(found)
    }
  }

  /** Chunks of the walks of one run whose pass starts with `pass`. */
  of(run: string, pass: string): ChunkRecord[] {
    return [...this.chunks.values()].filter((chunk) => chunk.run === run && chunk.pass.startsWith(pass))
  }

  /** No write of a slice that started so far may land after this time, by what the ledger says. */
  quietAfter(): number {
    let last = (this.lease?.quietAfter as number | undefined) ?? 0
    for (const { deadline = 0, undrained = 0 } of this.chunks.values())
      last = Math.max(last, deadline + 60_000, undrained + 60_000)
    return last
  }

  /** A sweep has answered, which began at this time: whoever had ended well before that holds no lease any more. */
  swept({ outcome, isOwnerUnknown }: Swept, began: number): void {
    const { lease } = this
    const owner = lease?.held ? this.#stepFunctions().executions.get(lease.execution as string) : undefined
    if (!lease || owner?.status === 'RUNNING' || owner?.endedAt === undefined) return
    if (outcome === 'owner unknown' || isOwnerUnknown) return
    if (began - Math.max(owner.endedAt, lease.since as number) <= SWEPT_MS) return
    this.#world.violated(violation('lease kept', `${owner.arn} has ended, and holds the lease after a sweep`))
  }

  #chunk(chunk: ChunkRecord, by: string): void {
    const world = this.#world
    const name = nameOf(chunk, chunk.id)
    const before = this.chunks.get(name)
    this.chunks.set(name, chunk)
    this.#tell(chunk, by)
    if (before && before.state !== chunk.state && before.state !== 'open' && before.state !== 'failed')
      world.violated(
        violation('overlap', `${chunk.id} was ${before.state} and is ${chunk.state}`, { chunks: [chunk.id] }),
      )
    if (before) this.#keepsDeadline(before, chunk, by)
    if (chunk.deadline !== before?.deadline) this.#deadlineOf.set(name, by)
    if (before?.tallies.read !== chunk.tallies.read) this.#progressed.set(name, chunk.slices)
    // A slow table may let each slice come a few items further, but it must.
    const { changesPace, budgeted } = world.settings
    const slices = chunk.slices - (changesPace || budgeted ? this.#progressed.get(name)! : 0)
    if (slices > MOST_SLICES)
      world.violated(violation('unbounded', `${chunk.id} has been given ${slices} slices`, { chunks: [chunk.id] }))
    const open = openSums(chunk)
    if (open) world.violated(violation('tally', `${chunk.id}: ${open}`, { chunks: [chunk.id] }))
  }

  /** Only the slice that has set a deadline may clear it; whoever comes after it keeps it. */
  #keepsDeadline(before: ChunkRecord, chunk: ChunkRecord, by: string): void {
    const { deadline = 0, undrained = 0 } = before
    const isOwn = by === this.#deadlineOf.get(nameOf(chunk, chunk.id)) && chunk.epoch === before.epoch
    const kept = Math.max(chunk.deadline ?? 0, chunk.undrained ?? 0)
    if (kept >= Math.max(isOwn ? 0 : deadline, undrained)) return
    const text = `${by} makes the ledger forget until when slices of ${chunk.id} may write`
    this.#world.violated(violation('early quiet', text, { chunks: [chunk.id] }))
  }

  /** @param isAnnounced with an abort, which waits for nobody's end. */
  #leased(row: Row, by: string, isAnnounced: boolean): void {
    const world = this.#world
    const before = this.lease
    this.lease = row
    world.story.tell(by, `lease: ${row.held ? 'held' : 'free'}, fence ${row.fence}, run ${row.run}, ${row.execution}`)
    if (!before) return
    if ((row.fence as number) < (before.fence as number))
      world.violated(violation('two owners', `the fence of the lease went from ${before.fence} back to ${row.fence}`))
    const isTaken = row.held && before.execution !== row.execution
    const isFreed = !row.held && by.startsWith('watchdog~') && !isAnnounced
    if (!before.held || !(isTaken || isFreed)) return
    if (isTaken) world.hit('path: lease taken over')
    const owner = this.#stepFunctions().executions.get(before.execution as string)
    // One that was redriven after it was seen ended is fenced by the fence that has just risen.
    if (owner?.status !== 'RUNNING' || world.now - (owner.redrivenAt ?? 0) <= PROBED_MS) return
    const who = isTaken ? `${row.execution} took` : 'the watchdog freed'
    world.violated(violation('two owners', `${who} the lease while ${before.execution} was running`))
  }

  #tell(chunk: ChunkRecord, by: string): void {
    const { story } = this.#world
    if (!story.isTold || !story.isInvolved(chunk.id)) return
    const cursor = chunk.cursor ? encodeKey(chunk.cursor) : 'its start'
    const children = chunk.children ? `, children ${chunk.children.join(' ')}` : ''
    story.tell(
      by,
      `${chunk.id}: ${chunk.state}, epoch ${chunk.epoch}, read ${chunk.tallies.read}, cursor ${cursor}${children}`,
    )
    for (const child of chunk.children ?? []) story.involve(child)
  }
}

function nameOf({ run, pass }: ChunkRecord, id: string): string {
  return `${run} ${pass} ${id}`
}

function chunkOf({ pk: _pk, sk: _sk, expiresAt: _expiresAt, chunk, cursor, ...rest }: Row): ChunkRecord {
  const record = { ...rest, chunk: decodeChunk(chunk) } as unknown as ChunkRecord
  if (cursor !== undefined) record.cursor = decodeKey(cursor as string)
  return record
}

/** I6, said a second time, so that a slip in the table of passes shows; a new pass says here what must hold of it. */
function openSums({ pass, tallies }: ChunkRecord): string | undefined {
  const { read, migrated, untouched, dropped, quarantined, produced, written, present, missing, different } = tallies
  const { rejected, collided } = tallies
  const ends = migrated + untouched + dropped + quarantined
  switch (kindOf(pass)) {
    case 'copy':
      return unequal(read, ends) ?? unequal(produced, written + present)
    case 'verify':
      return unequal(read, ends) ?? unequal(produced, present + missing + different)
    case 'orphans':
      return tallies.orphan + tallies.unchecked > read ? `more orphans than the ${read} read` : undefined
    case 'index':
      return unequal(produced, written + present + rejected + collided)
  }
}

function unequal(total: number, parts: number): string | undefined {
  return total === parts ? undefined : `${total} items, but ${parts} are accounted for`
}
