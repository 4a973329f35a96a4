/** Namespace of every metric of Segue in CloudWatch. */
export const metricsNamespace = 'Segue'

/** Nothing may stand still for longer, seconds. */
export const stillSeconds = 300

/** A live change may wait this long before it is an alarm, seconds: the stream keeps it for 24 hours. */
export const oldSeconds = 3_600

/**
 * What the watchdog measures every minute, with the stack as the only dimension (`stack`). Alarms and dashboard are made of the
 * same names.
 */
export const gauges = {
  WatchdogSweeps: { unit: 'Count', shows: 'sweeps of the watchdog' },
  StuckSeconds: { unit: 'Seconds', shows: 'how long nothing has moved in a run that is at work' },
  StreamAgeSeconds: { unit: 'Seconds', shows: 'age of the oldest live change that is not applied' },
  ChunksOpen: { unit: 'Count', shows: 'chunks with work left' },
  ChunksFailed: { unit: 'Count', shows: 'chunks that failed' },
  ItemsQuarantined: { unit: 'Count', shows: 'quarantined items, up to 1,000' },
  AlarmsOn: { unit: 'Count', shows: 'kinds of alarm that are on' },
} as const satisfies Record<string, { unit: 'Count' | 'Seconds'; shows: string }>

export type GaugeName = keyof typeof gauges
export type Gauges = Record<GaugeName, number>
