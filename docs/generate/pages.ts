import { alarmsPage } from './alarms-page.ts'
import { errorsPage } from './errors-page.ts'
import { optionsPage } from './options-page.ts'
import { preflightPage } from './preflight-page.ts'

/** Every page of `docs/` that is written from the code, by file name. A test compares each with its file. */
export const pages: Record<string, () => string> = {
  'alarms.md': alarmsPage,
  'errors.md': errorsPage,
  'options.md': optionsPage,
  'preflight.md': preflightPage,
}
