import { describe, expect, it } from 'vitest'
import { beginCapture, endCapture, readCapture } from '../../../shared/ledger/capture.ts'
import { changeControl, writeControl } from '../../../shared/ledger/control.ts'
import { createRun, getRun, type RunRecord, updateRun } from '../../../shared/ledger/runs.ts'
import type { LedgerTable } from '../../../shared/ledger/table.ts'
import type { MappingState } from '../../../shared/live/ports.ts'
import { captureRun } from '../../../shared/phases/capture.ts'
import { memoryLedgerTable } from '../../memory/ledger-table.ts'
import { memoryStream } from '../../memory/stream.ts'
import { memoryTable } from '../../memory/table.ts'

const minute = 60_000

/** A run whose Capture is asked as the state machine asks it, until it says something else than to wait. */
async function asked(state: MappingState, hours = 4) {
  const { engine, ledger, time, sleep } = await begun(state)
  let rounds = 0
  for (;;) {
    const found = await captureRun({ run: 'r', fence: 1 }, engine)
    rounds++
    if (found.outcome !== 'waiting' || time.now > hours * 60 * minute)
      return { found, rounds, time, ledger, again: () => captureRun({ run: 'r', fence: 1 }, engine) }
    await sleep(found.seconds * 1000)
  }
}

/** The same ledger, which commits the row of captures only after something else has happened. */
function slow(ledger: LedgerTable, meanwhile: () => Promise<unknown>): LedgerTable {
  return {
    get: (pk, sk) => ledger.get(pk, sk),
    query: (pk, options) => ledger.query(pk, options),
    async commit(puts) {
      if (puts.some(({ row }) => row.sk === 'CAPTURE')) await meanwhile()
      return ledger.commit(puts)
    },
  }
}

async function begun(state: MappingState) {
  const ledger = memoryLedgerTable()
  const record = { id: 'r', state: 'running', phase: 'Lease', fence: 1, startedAt: 0, destination: 'beta', segments: 1 }
  await createRun(ledger, record as RunRecord)
  await writeControl(ledger, 'r', undefined, { command: 'run', fence: 1 })
  const time = { now: 0 }
  const source = memoryTable({ pk: { name: 'pk', type: 'S' } }, 'source')
  const clock = () => time.now
  const sleep = async (ms: number) => {
    time.now += ms
  }
  const engine = {
    ledger,
    stream: memoryStream(source, clock),
    mapping: { set: async () => {}, state: async () => state },
    clock,
    slackMs: 0,
    runtime: { clock, sleep, random: () => 0, emit: () => {} },
  }
  return { engine, ledger, time, sleep }
}

describe('Capture', () => {
  it.each<[MappingState, string]>([
    ['Disabled', 'is still Disabled'],
    ['changing', 'is still changing'],
  ])('halts after 15 minutes when the mapping stays %s, and says so', async (state, words) => {
    const { found, time, rounds, ledger } = await asked(state)
    expect(found).toMatchObject({ outcome: 'halted', error: 'capture-not-on', cause: expect.stringContaining(words) })
    expect(time.now).toBeGreaterThanOrEqual(15 * minute)
    expect(time.now).toBeLessThan(16 * minute)
    expect(rounds).toBeLessThan(70)
    expect(await getRun(ledger, 'r')).toMatchObject({ state: 'stopped', because: 'halted' })
  })

  it('says the same to a retry whose first reply was lost, so that the execution ends', async () => {
    const { found, again } = await asked('Disabled')
    expect(await again()).toEqual(found)
  })

  it('ends an execution that is redriven after another one has taken the run over', async () => {
    const { ledger, again } = await asked('Enabled')
    await updateRun(ledger, 'r', (run) => ({ ...run, fence: 2 }))
    await changeControl(ledger, 'r', (control) => ({ ...control, fence: 2 }))
    expect(await again()).toMatchObject({ outcome: 'halted', error: 'fenced' })
    expect(await getRun(ledger, 'r')).toMatchObject({ state: 'running', fence: 2 })
  })

  it('goes on when the mapping is on, once nobody trusts what was in the ledger before', async () => {
    expect(await asked('Enabled')).toMatchObject({ found: { outcome: 'on' }, rounds: 2 })
  })

  it('turns nothing on for a stopped execution, whose lease was freed while its function was at work', async () => {
    const { engine, ledger } = await begun('Enabled')
    const meanwhile = async () => {
      await changeControl(ledger, 'r', (control) => ({ ...control, fence: 2 }))
      await endCapture(ledger, 'r', 7)
    }
    const capturing = captureRun({ run: 'r', fence: 1 }, { ...engine, ledger: slow(ledger, meanwhile) })
    await expect(capturing).rejects.toThrow('another owner')
    expect(await readCapture(ledger, 'r')).toBeUndefined()
  })

  it('does not turn on again what was turned off while its function was at work', async () => {
    const { engine, ledger } = await begun('Enabled')
    await beginCapture(ledger, 'r', { since: 3, stream: 'stream' })
    await endCapture(ledger, 'r', 7)
    const meanwhile = () => changeControl(ledger, 'r', (control) => ({ ...control, fence: 2 }))
    const capturing = captureRun({ run: 'r', fence: 1 }, { ...engine, ledger: slow(ledger, meanwhile) })
    await expect(capturing).rejects.toThrow('another owner')
    expect(await readCapture(ledger, 'r')).toMatchObject({ since: 3, off: 7 })
  })
})
