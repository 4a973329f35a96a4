import { describe, expect, it } from 'vitest'
import { parseRequest, type RunRequest } from '../../../shared/config/options.ts'
import type { TableDescription } from '../../../shared/dynamodb/sdk/describe.ts'
import { beginCapture } from '../../../shared/ledger/capture.ts'
import { updateRun } from '../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import { begunRun, withoutStream } from '../../../shared/phases/preflight/stream.ts'
import { Refusal } from '../../../shared/phases/refusal.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { run, schema, world } from '../live/world.ts'

const deployed = 'arn:stream:one'
const images = 'NEW_AND_OLD_IMAGES'
const tableWith = (stream?: TableDescription['stream']): TableDescription => ({
  name: 'source',
  arn: 'arn:table:source',
  schema,
  status: 'ACTIVE',
  itemCount: 0,
  sizeBytes: 0,
  ...(stream && { stream }),
})
const table = tableWith({ arn: deployed, viewType: images })

/** Refuses as the state does. */
async function refuseWithoutStream(
  request: RunRequest,
  source: TableDescription,
  { ledger, destination, stream }: { ledger: LedgerTable; destination: string; stream: string | undefined },
): Promise<void> {
  const begun = request.resume ? await begunRun(ledger, destination) : undefined
  const [found] = withoutStream(begun, { request, source, stream, destination: { name: destination } })
  if (found?.blocks) throw new Refusal(found.error, `${found.what}. ${found.clear}`)
}

describe('a new run', () => {
  const begin = (source: TableDescription, stream: string | undefined, request = {}) =>
    refuseWithoutStream(parseRequest(request), source, {
      ledger: memoryLedgerTable(),
      destination: 'destination',
      stream,
    })

  it('may begin where the deployment reads the stream that the table has now', async () => {
    await begin(table, deployed)
  })

  it.each([
    ['the deployment knows no stream', table, undefined, 'no-stream', 'knows no stream of source'],
    ['the stream is turned off', tableWith(), deployed, 'no-stream', 'is turned off'],
    [
      'the stream lacks images',
      tableWith({ arn: deployed, viewType: 'KEYS_ONLY' }),
      deployed,
      'no-stream',
      'does not carry new and old images',
    ],
    [
      'the stream was turned off and on since',
      tableWith({ arn: 'arn:stream:two', viewType: images }),
      deployed,
      'stream-changed',
      'it is arn:stream:two, and the deployment reads arn:stream:one. Deploy again',
    ],
  ])('is refused where %s', async (_, source, stream, code, message) => {
    await expect(begin(source, stream)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
    await begin(source, stream, { offline: true })
  })
})

describe('a run that is resumed', () => {
  async function halted(offline: boolean, followed?: string) {
    const { ledger } = await world()
    await updateRun(ledger, run, (before) => ({ ...before, offline }))
    if (followed) await beginCapture(ledger, run, { since: 0, stream: followed })
    return (source: TableDescription, stream: string | undefined) =>
      refuseWithoutStream(parseRequest({ resume: true }), source, { ledger, destination: 'destination', stream })
  }

  it('goes on with the stream it began with', async () => {
    const resume = await halted(false, deployed)
    await resume(table, deployed)
  })

  it('is refused where that stream was turned off, although what is deployed reads the new one', async () => {
    const resume = await halted(false, deployed)
    const two = 'arn:stream:two'
    await expect(resume(tableWith({ arn: two, viewType: images }), two)).rejects.toMatchObject({
      code: 'stream-changed',
      message: expect.stringContaining('Empty destination and start without resume'),
    })
    await expect(resume(tableWith(), deployed)).rejects.toMatchObject({ code: 'no-stream' })
  })

  it('needs no stream of its own when it has not begun to capture', async () => {
    const resume = await halted(false)
    await resume(table, deployed)
    await expect(resume(table, 'arn:stream:old')).rejects.toMatchObject({ code: 'stream-changed' })
  })

  it('needs no stream at all when it is offline', async () => {
    const resume = await halted(true)
    await resume(tableWith(), undefined)
  })

  it('that is not there is for the lease to refuse', async () => {
    await refuseWithoutStream(parseRequest({ resume: true }), tableWith(), {
      ledger: memoryLedgerTable(),
      destination: 'destination',
      stream: undefined,
    })
  })
})
