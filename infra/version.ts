import { createRequire } from 'node:module'

/** Of this package, from package.json; its relative path differs between the sources and the built package. */
export const { version } = createRequire(import.meta.url)('#package') as { version: string }
