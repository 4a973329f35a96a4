import type { MapState } from '../../../infra/workflow/asl.ts'
import { StateError } from './errors.ts'
import { Thread } from './execution.ts'
import type { Json } from './json.ts'
import { type Scope, valueAt } from './paths.ts'
import type { Interpreter } from './states.ts'

/** A Map, inline or distributed. Its result is not kept: every Map of ours discards it. */
export async function runMap(
  interpreter: Interpreter,
  name: string,
  state: MapState,
  scope: Scope,
  thread: Thread,
): Promise<Json> {
  thread.execution.beginsMap(name)
  const { Mode } = state.ItemProcessor.ProcessorConfig
  return Mode === 'INLINE'
    ? inline(interpreter, state, scope, thread)
    : distributed(interpreter, name, state, scope, thread)
}

function itemInput(interpreter: Interpreter, state: MapState, scope: Scope, value: Json, index: number): Json {
  const item = { Map: { Item: { Index: index, Value: value } } }
  return interpreter.fill(state.ItemSelector, { input: scope.input, context: { ...scope.context, ...item } })
}

/** Items run inside the execution and write its history; the first that fails takes the others with it. */
async function inline(interpreter: Interpreter, state: MapState, scope: Scope, thread: Thread): Promise<Json> {
  const items = valueAt(state.ItemsPath!, scope) as Json[]
  const threads: Thread[] = []
  const { execution } = thread
  await pool(atOnce(state, scope) || 40, items, async (item, index) => {
    if (execution.items.has(index)) return
    const own = new Thread(interpreter.world, thread.execution, thread)
    threads.push(own)
    thread.execution.record(2)
    try {
      await interpreter.run(state.ItemProcessor, itemInput(interpreter, state, scope, item, index), own)
      execution.items.set(index, 'succeeded')
    } catch (error) {
      for (const each of threads) each.cancel()
      throw error
    }
  })
  return null
}

/** Items are child executions with histories of their own; failures are tolerated up to a count. */
async function distributed(
  interpreter: Interpreter,
  name: string,
  state: MapState,
  scope: Scope,
  thread: Thread,
): Promise<Json> {
  const { world, services } = interpreter
  const reader = interpreter.fill(state.ItemReader!.Parameters, scope) as { Bucket: string; Key: string }
  await thread.wait(world.dice.between(50, 500))
  if (world.strikes('manifest unreadable')) throw new StateError('States.ItemReaderFailed', 'Injected')
  const items = services.manifest(reader.Bucket, reader.Key)
  let failed = 0
  await pool(atOnce(state, scope) || 10_000, items, async (item, index) => {
    thread.check()
    const input = itemInput(interpreter, state, scope, item, index)
    const child = services.item(thread.execution, name, index, state.ItemProcessor, input)
    await child.ended
    if (child.status !== 'SUCCEEDED') failed++
  })
  thread.check()
  if (failed > (state.ToleratedFailureCount ?? 0))
    throw new StateError('States.ExceedToleratedFailureThreshold', `${failed} items failed`)
  if (state.ResultWriter && world.strikes('results unwritable'))
    throw new StateError('States.ResultWriterFailed', 'Injected')
  return null
}

function atOnce(state: MapState, scope: Scope): number {
  return 'MaxConcurrencyPath' in state ? (valueAt(state.MaxConcurrencyPath, scope) as number) : state.MaxConcurrency
}

async function pool<T>(limit: number, items: T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      await work(items[index]!, index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
}
