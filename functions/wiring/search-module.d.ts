/** The user's module of index definitions; the construct binds one to this name when it bundles a function. Not validated yet. */
declare module '#search' {
  const indices: unknown
  export default indices
}
