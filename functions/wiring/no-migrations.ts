/** Stands for the user's module until the construct binds theirs to `#migrations` at bundling: nothing to migrate. */
export default []
