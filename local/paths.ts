import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the checkout. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** Everything installed or written for local use. Git ignores it; it can be deleted while nothing runs. */
export const STATE_DIRECTORY = path.join(ROOT, '.segue')

/** First on the PATH of children: `node` is then the pinned Node 24, whatever the machine has. */
export const BIN_DIRECTORY = path.join(ROOT, 'node_modules', '.bin')

/** The CDK app that `up` deploys by default. */
export const EXAMPLE = path.join(ROOT, 'examples', 'dawson')
