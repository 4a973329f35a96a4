import { type Build, isGivenUp } from '../ledger/builds.ts'

/** A build that changes of its table are brought into. */
export type FedBuild = Build & { since: number }

/**
 * The builds that changes of a table are brought into: the one that is served, and the newest. A build is not fed before its
 * indices exist, nor once it was given up; and a build of another run never is, because a new lease ends it.
 * @param builds of the table.
 * @param run the run that the lease names.
 */
export function fedBuilds(builds: readonly Build[], run: string): FedBuild[] {
  const own = builds.filter((build) => build.run === run)
  const newest = newestBuild(builds, run)
  return own.filter((build): build is FedBuild => {
    const isWanted = build.served === true || build === newest
    return isWanted && !isGivenUp(build) && build.state !== 'preparing' && build.since !== undefined
  })
}

/** The build that a run began last, whatever became of it. */
function newestBuild(builds: readonly Build[], run: string): Build | undefined {
  return builds
    .filter((build) => build.run === run)
    .reduce<Build | undefined>((newest, build) => (newest && newest.n > build.n ? newest : build), undefined)
}

/**
 * The alias through which an index of a build is written. Never moved to another index, so a late request of one build cannot
 * reach the index of the next. The capital letter keeps OpenSearch from creating an index by that name for a late delete.
 */
export function writeAlias(index: string): string {
  return `${index}-W`
}
