import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { pages } from './pages.ts'

/** `npm run docs`: writes the pages of `docs/` that come from the code. */
for (const [file, page] of Object.entries(pages)) {
  writeFileSync(path.resolve(import.meta.dirname, '..', file), page())
  console.log(`docs/${file}`)
}
