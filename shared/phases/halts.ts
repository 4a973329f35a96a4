import type { ErrorTable } from '../runtime/error.ts'

export type HaltCode =
  | 'aborted'
  | 'paused'
  | 'fenced'
  | 'chunks-failed'
  | 'chunks-open'
  | 'not-covered'
  | 'tallies-open'
  | 'destination-not-empty'
  | 'capture-off'
  | 'capture-not-on'
  | 'live-behind'
  | 'code-changed'
  | 'stream-changed'
  | 'stream-trimmed'
  | 'not-quiet'
  | 'index-lost'
  | 'index-refused'
  | 'phase-failed'

/** The reasons for which a run stops before its end. */
export const halts: ErrorTable<HaltCode> = {
  aborted: {
    means: 'An operator aborted the run.',
    next: '`segue run --resume` continues from the checkpoints.',
  },
  paused: {
    means: 'An operator paused the run.',
    next: '`segue run --resume` continues from the checkpoints.',
  },
  fenced: {
    means: 'The run has a newer owner: another execution took the lease.',
    next: 'Nothing: watch the newer execution (`segue watch`).',
  },
  'chunks-failed': {
    means: 'Some chunks failed after all their retries; the others are done.',
    next: 'Correct the cause, which the message and `segue status` show, then continue with `segue run --resume`. Where it is a migration of the copy: turn live changes off (`segue capture off`), empty the destination and start anew. Where it is an index definition: deploy the corrected one and continue, which begins another build.',
  },
  'chunks-open': {
    means:
      'Some chunks stopped before their end, for example because other migrations or index definitions were deployed.',
    next: '`segue run --resume` continues from the checkpoints, with the migrations the run was begun with. For others, turn live changes off (`segue capture off`), empty the destination and start anew. With other index definitions, another build begins.',
  },
  'not-covered': {
    means: 'Chunk rows of the copy are missing in the ledger: never planned, or expired after 60 days.',
    next: 'Do what the message says: resume where chunks were never planned; begin anew where rows have expired.',
  },
  'tallies-open': {
    means: 'The counts of a pass do not add up: an item was read and neither written, skipped nor quarantined.',
    next: 'This is a defect: report it with the message. Do not use the destination.',
  },
  'destination-not-empty': {
    means: 'An earlier run, or its live changes, wrote to the destination while this run waited to begin.',
    next: 'Turn live changes off (`segue capture off`), empty the table and start again.',
  },
  'capture-not-on': {
    means:
      'The event source mapping of the live function, or of `index-feed`, stayed disabled or changing for 15 minutes.',
    next: 'Look at the mapping in the Lambda console (its last processing result names the reason), then `segue run --resume`.',
  },
  'live-behind': {
    means:
      'Live changes up to the end of the copy (in Drain index: of the index) were not applied within 26 hours, longer than the stream keeps them.',
    next: 'Correct what the errors of the live function (in Drain index: of `index-feed`) in CloudWatch Logs name, then continue with the command of the message: it shows whether something was lost.',
  },
  'capture-off': {
    means:
      'Live changes are not applied: they were turned off, or the event source mapping of the live function (in Drain index: of `index-feed`) is disabled and does not come on.',
    next: 'The command of the message enables it and continues, within 24 hours: the stream keeps changes no longer.',
  },
  'code-changed': {
    means:
      'Live changes are not applied: the migrations (in Drain index: the index definitions) that are deployed are not those it was begun with.',
    next: 'Deploy those it was begun with, then continue with the command of the message, within 24 hours.',
  },
  'stream-changed': {
    means: 'The stream that the run captures from was turned off, so changes since then are lost.',
    next: 'Enable it, deploy with the ARN it has now, empty the destination and start a new run.',
  },
  'stream-trimmed': {
    means: 'The stream trimmed changes before they were applied: it keeps them for 24 hours.',
    next: 'Turn live changes off (`segue capture off`), empty the destination and start a new run.',
  },
  'not-quiet': {
    means: 'A repair was requested while copy may still write.',
    next: 'Finish the run first (`segue run --resume`), then repair.',
  },
  'index-lost': {
    means:
      'A new search index was deleted while it was built, or the stream lost changes that were not in it yet. The items of the destination are as they were.',
    next: 'Find out who deletes indices or turns the stream off, then continue: another build is begun.',
  },
  'index-refused': {
    means:
      'OpenSearch does not take an index as it is defined, or what it made of it is not what was defined; or the stream of the destination is turned off.',
    next: 'Correct what the message names: the definition, the permissions of the function, a template of the domain, or the stream. Deploy, then continue.',
  },
  'phase-failed': {
    means:
      'A function of the state machine failed after its retries. The message begins with the error it failed with.',
    next: 'Correct what the message names, then continue with `segue run --resume`.',
  },
}
