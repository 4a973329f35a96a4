/** Major version of the Node in `package.json`. */
const oldest = 24

/**
 * A seed is one run, event by event, only in the Node of this repository: an older one has reported a violation that
 * there was none of.
 * @throws Error naming the way to run the simulator.
 */
export function refuseOldNode(version: string): void {
  if (Number(version.split('.')[0]) >= oldest) return
  throw new Error(`Expected Node ${oldest} or later, got ${version}. \`npm run simulate\` takes the right one.`)
}
