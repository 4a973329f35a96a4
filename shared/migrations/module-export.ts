/**
 * The default export of a user's module. `import` of a module compiled to CommonJS (a package without `"type": "module"`)
 * returns all its exports as the default.
 */
export function defaultExport(module: unknown): unknown {
  const exported = (module as { default?: unknown } | null | undefined)?.default
  const { __esModule, default: inner } = (exported ?? {}) as { __esModule?: unknown; default?: unknown }
  return __esModule ? inner : exported
}
