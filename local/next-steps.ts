import path from 'node:path'
import { EXAMPLE, ROOT } from './paths.ts'
import type { LocalStack } from './state.ts'

/** What to type next, as it works where it was typed: in the checkout, or in the folder of one's own app. */
export function nextSteps({ app }: Pick<LocalStack, 'app'>, { seeded }: { seeded: boolean }): string[] {
  const isOwn = path.relative(ROOT, app).startsWith('..')
  const named = app === EXAMPLE ? '' : ` --app ${app}`
  return [
    ...(seeded
      ? []
      : [
          'The tables are new and empty unless something has filled them. To fill the source:',
          `  npm run local -- up${named} --seed 20000`,
          '',
        ]),
    'Next:',
    '  npm run segue -- plan             what a run would do',
    '  npm run segue -- run --wait       run the migrations, live, and watch',
    '  npm run segue -- status --keys    the last run on one page, with its splits',
    '  npm run segue -- report           one page to keep',
    ...(isOwn ? [`In ${app} the same is \`npx segue plan\` and so on.`] : []),
    'End it with: npm run local -- down',
  ]
}
