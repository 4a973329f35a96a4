/**
 * What one port call may come to: the store after it and its answer; several where chance decides, none where who calls is
 * no more.
 */
export type Effect<S> = (store: S) => [S, unknown][]

/**
 * A port call: takes its effect, gives its answer. `joined`: one step together with the next call; for reads of anything
 * that ever was, where looking later offers all that looking earlier did.
 */
export type Call<S> = <T>(effect: Effect<S>, joined?: 'joined') => Promise<T>

/** A piece of real code whose every look at the world goes through `call`. Between calls it must not wait for anything. */
export type Unit<S> = (call: Call<S>) => Promise<void>

/** Where a unit stands after one more port call: its answers so far, or nothing once it has ended. */
export interface Stepped<S> {
  store: S
  history?: unknown[]
}

/**
 * Lets a unit make one more port call. What real code does next depends on nothing but the answers it got, so it is run from
 * its start with the answers it had, and stopped where it calls again: no state of a promise needs to be copied.
 */
export async function step<S>(unit: Unit<S>, history: unknown[], store: S): Promise<Stepped<S>[]> {
  const first = await once(unit, history, store, 0)
  if (first.choices === 0) return []
  const all = [first.stepped]
  for (let choice = 1; choice < first.choices; choice++) all.push((await once(unit, history, store, choice)).stepped)
  return all
}

async function once<S>(unit: Unit<S>, before: unknown[], store: S, choice: number) {
  const history = [...before]
  let calls = 0
  let choices = 1
  let left = true
  let after = store
  let park = (_: 'parked') => {}
  const parked = new Promise<'parked'>((resolve) => {
    park = resolve
  })
  const call = <T>(effect: Effect<S>, joined?: 'joined'): Promise<T> => {
    const index = calls++
    if (index < history.length) return Promise.resolve(history[index] as T)
    if (!left) {
      park('parked')
      return new Promise<T>(() => {})
    }
    const results = effect(after)
    if (results.length === 0) {
      choices = 0
      park('parked')
      return new Promise<T>(() => {})
    }
    const [next, answer] = results[results.length > 1 ? choice : 0] as [S, unknown]
    choices = Math.max(choices, results.length)
    after = next
    history.push(answer)
    left = joined === 'joined'
    return Promise.resolve(answer as T)
  }
  const how = await Promise.race([unit(call).then(() => 'ended' as const), parked])
  const stepped: Stepped<S> = how === 'ended' ? { store: after } : { store: after, history }
  return { stepped, choices }
}
