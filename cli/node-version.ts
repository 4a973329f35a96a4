/** The lowest Node that runs Segue, as `engines` of package.json says. */
const lowest = [22, 12] as const

/** What to say where Node is too old; nothing where it is not. @param version as `process.versions.node`. */
export function nodeTooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > lowest[0] || (major === lowest[0] && minor >= lowest[1])) return undefined
  return `Segue needs Node ${lowest.join('.')} or later, and this is Node ${version}. Install a newer Node, then try again.`
}
