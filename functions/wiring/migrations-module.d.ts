/** The user's module; the construct binds it to this name when it bundles a function. Its exports are not validated yet. */
declare module '#migrations' {
  const migrations: unknown
  export default migrations
}
