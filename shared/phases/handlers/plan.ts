import { type PassKind, passes } from '../../ledger/passes.ts'
import { alive } from '../beat.ts'
import type { Ended } from '../halt.ts'
import { type Planned, planPass } from '../plan-pass.ts'
import type { ManifestStore } from '../ports.ts'
import type { Handler, Task, World } from './world.ts'

/** Makes sure the chunks of a pass exist and writes the list of those with work left, for its Map. */
export function planHandler(
  world: World & { manifests: ManifestStore },
): Handler<Task & { kind: PassKind }, Planned | Ended> {
  const { ledger, manifests, runtime } = world
  return alive(world, { phase: ({ kind }) => passes[kind].phase }, (task) =>
    planPass(task, { ledger, manifests, runtime }),
  )
}
