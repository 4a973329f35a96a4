/** The user's module, which the construct binds to this name when it bundles a function. Nobody has checked it yet. */
declare module '#migrations' {
  const migrations: unknown
  export default migrations
}
