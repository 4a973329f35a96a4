/**
 * A feed is a stream with what applies it. `source`: the live function brings changes of the source into the destination.
 * `index`: the index feed brings changes of the destination into the indices that are built of it.
 */
export type FeedName = 'source' | 'index'

/**
 * The key of the rows of a build: its capture, its shards, its lag, its tickets. Those of the source's feed have the id of
 * the run. Not one for all builds, because a build that lacks changes begins anew, and another one is right meanwhile.
 */
export function buildKey({ run, n }: { run: string; n: number }): string {
  return `${run}.index.${n}`
}
