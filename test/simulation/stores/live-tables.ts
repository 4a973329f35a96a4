import { encodeKey } from '../../../shared/dynamodb/key.ts'
import { keyOfChange } from '../../../shared/live/changes.ts'
import { judged, type LiveTables, type UnjudgedLiveTables } from '../../../shared/live/ports.ts'
import type { Ask } from '../../../shared/runtime/retry.ts'
import { unjudgedMemory } from '../../memory/live-tables.ts'
import { failure, type Sandbox } from '../lambda/sandbox.ts'
import type { World } from '../world.ts'
import type { LedgerStore } from './ledger.ts'
import { deafness, denial, type TableStore } from './table.ts'

/** Destination items with their heads, as the code in one environment writes them. */
export function liveTablesIn(
  world: World,
  sandbox: Sandbox,
  destination: TableStore,
  ledger: LedgerStore,
  ask?: Ask,
): LiveTables {
  const memory = unjudgedMemory(destination.memory, ledger.memory)
  const { watch } = destination
  const { story, settings } = world
  const raw: UnjudgedLiveTables = {
    async commit(writes) {
      const slowMs = world.strikes('slow transaction') ? world.dice.between(50, 4_000) : 0
      if (slowMs > 0) sandbox.holdUp(slowMs)
      const { pace } = destination
      const requestMs = pace.isPaced
        ? settings.requestMs + pace.requestMs + pace.writeMs(writes.length)
        : 2 * settings.requestMs
      const ms = requestMs * world.dice.between(0.7, 1.5) + slowMs
      const shape = { name: 'commit live', ms, write: true }
      const changes = writes.flatMap(({ change }) => (change ? [change] : []))
      if (changes.length > 0) watch.begins(sandbox)
      return sandbox.request(shape, async () => {
        if (world.strikes('conflict')) throw failure('conflict', shape.name)
        const wrong =
          changes.length > 0 && (deafness(world, destination) ?? denial(world, destination, changes.map(keyOfChange)))
        if (wrong) throw wrong
        if (pace.writes(changes.length) < changes.length) throw failure('throttled', shape.name)
        const committed = await memory.commit(writes)
        world.hit(committed ? 'live: committed' : 'path: head had moved')
        for (const { row } of writes) {
          const { pk, sk: _sk, key, expiresAt: _e, ...rest } = row.row
          if (story.isAbout(String(key)))
            story.tell(sandbox.name, `${pk.slice(0, 4)} ${key} ${JSON.stringify(rest)}: ${committed}`)
        }
        for (const change of committed ? changes : []) {
          const { key: written } = 'put' in change ? change.put : { key: change.delete }
          watch.wrote(sandbox, 'put' in change ? 'live put' : 'live delete', { key: written }, 'written')
          if (story.isAbout(encodeKey(written)) && 'put' in change)
            story.tell(sandbox.name, `  ${JSON.stringify(change.put.attributes())}`)
        }
        return committed
      })
    },
    probe: () =>
      sandbox.request({ name: 'probe live', ms: 2 * settings.requestMs, write: false }, async () => {
        world.hit('path: probed live')
        return !deafness(world, destination)
      }),
  }
  return judged(raw, ask)
}
