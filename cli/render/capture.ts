import type { CaptureOffPlan } from '../../shared/operator/capture-off.ts'
import type { Deployed } from '../../shared/operator/engine.ts'
import { counted } from '../../shared/runtime/text.ts'
import { placeText } from './place.ts'

/** What turning live changes off does, or with `dryRun` would do. */
export function captureOffLines(
  { capture, resumable, takesMs }: CaptureOffPlan,
  deployment: Deployed,
  dryRun: boolean,
): string[] {
  const { sourceTable, destinationTable, flag } = deployment
  const where = `from ${sourceTable} to ${destinationTable}, in ${placeText(deployment)}`
  if (capture === 'off') return [`Live changes ${where}, are off already.`]
  return [
    `${dryRun ? 'Would turn' : 'Turns'} off live changes ${where}`,
    `Later changes of ${sourceTable} are not applied; the stream keeps them for 24 hours.`,
    resumable
      ? `To turn them on again: segue run --resume${flag}`
      : `Only a new run, into an empty ${destinationTable}, turns them on again: segue run${flag}`,
    ...(takesMs > 0 ? [takesLine(takesMs)] : []),
  ]
}

/** Once they are off. */
export function capturedOffLine({ destinationTable }: Deployed): string {
  return `Live changes are off: no more of them are written to ${destinationTable}.`
}

const takesLine = (ms: number) =>
  `This takes about ${counted(Math.ceil(ms / 60_000), 'minute')}: it waits until no change under way can still be written.`
