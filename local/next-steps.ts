import path from 'node:path'
import { EXAMPLE, ROOT } from './paths.ts'
import type { LocalStack } from './state.ts'

/** The state of the tables: empty, with the items of `--seed`, or migrated by a run. */
export type Moment = 'empty' | 'seeded' | 'migrated'

/** The commands to type next, in the checkout and in the folder of one's own app. */
export function nextSteps({ app }: Pick<LocalStack, 'app'>, moment: Moment): string[] {
  const isOwn = path.relative(ROOT, app).startsWith('..')
  const named = app === EXAMPLE ? '' : ` --app ${app}`
  const run = [
    '  npm run segue -- plan             what a run would do',
    '  npm run segue -- run --wait       run the migrations, live, and watch',
  ]
  return [
    ...(moment === 'empty'
      ? ['Fill the source, unless it has items:', `  npm run local -- up${named} --seed 20000`, '']
      : []),
    'Next:',
    ...(moment === 'migrated' ? [] : run),
    '  npm run segue -- status --keys    the last run on one page, with its splits',
    '  npm run segue -- report           one page to keep',
    ...(moment === 'migrated' ? ['  npm run segue -- quarantine list  why items are quarantined'] : []),
    ...(isOwn ? [`In ${app} the same is \`npx segue plan\` and so on.`] : []),
    'End it with: npm run local -- down',
  ]
}
