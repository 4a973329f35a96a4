import { resumeCommand } from '../facts/resumable.ts'
import { type Build, loseBuild } from '../ledger/builds.ts'
import type { RunRecord } from '../ledger/runs.ts'
import type { DrainEngine, DrainTask } from '../live/drain.ts'
import type { Beating } from './beat.ts'
import { type Drained, type DrainedFeed, drainRun, type Halted } from './drain.ts'
import { whyIndexLost } from './index-lost.ts'
import { drainGivesUpMs } from './waits.ts'

/** As {@link drainRun}, for the newest build of a run: whether every change up to a moment is in its indices. */
export function drainIndex(
  task: DrainTask,
  run: RunRecord,
  build: Build,
  engine: DrainEngine,
  beat?: Beating,
): Promise<Drained> {
  const { ledger, runtime } = engine
  const feed: DrainedFeed = {
    phase: 'Drain index',
    neverDrained: {
      error: 'live-behind',
      cause: `Changes up to the end of the index were not brought into it within ${drainGivesUpMs / 3_600_000} hours, longer than the stream of the destination keeps them. The errors of the function \`index-feed\` in CloudWatch Logs name the reason. Mend it, then \`${resumeCommand(run)}\`: that shows whether another build is needed.`,
    },
    stopped: (reason) => stopped(run, reason),
    givenUp: () => whyIndexLost(run, ledger),
    async lost(because) {
      await loseBuild(ledger, build, because, runtime.clock())
      runtime.emit({ code: 'build.lost', run: run.id, build: build.n, because })
      return (await whyIndexLost(run, ledger)) ?? stopped(run, 'index lost')
    },
  }
  return drainRun(task, engine, feed, beat)
}

function stopped(run: RunRecord, reason: Parameters<DrainedFeed['stopped']>[0]): Halted {
  const resume = `\`${resumeCommand(run)}\``
  switch (reason) {
    case 'code changed':
      return {
        error: 'code-changed',
        cause: `Changes are not brought into the index: the index definitions that are deployed are not those that the build began with. Deploy those, then ${resume}; with these it begins another build.`,
      }
    case 'turned off':
      return {
        error: 'capture-off',
        cause: `Changes are not brought into the index: the event source mapping of the function \`index-feed\` is disabled and does not come on (its last processing result, in the Lambda console, names the reason). Mend it, then ${resume}; the stream keeps changes for 24 hours.`,
      }
    case 'index lost':
      return { error: 'index-lost', cause: 'Changes are not brought into the index: it is gone, or is another one.' }
    case 'aborted':
    case 'fenced':
      return {
        error: reason,
        cause: `Draining the index stopped: ${reason}. ${resume} continues from the checkpoints.`,
      }
  }
}
