import { keyOf } from '../../shared/dynamodb/key.ts'
import { readCapture } from '../../shared/ledger/capture.ts'
import { type Command, readControl } from '../../shared/ledger/control.ts'
import { isAborted } from '../../shared/ledger/fencing.ts'
import { readLease } from '../../shared/ledger/lease.ts'
import type { Phase } from '../../shared/ledger/passes.ts'
import { getRun, type RunRecord } from '../../shared/ledger/runs.ts'
import { captureOff } from '../../shared/operator/capture-off.ts'
import { abortRun, pauseRun } from '../../shared/operator/command.ts'
import type { OperatorEngine } from '../../shared/operator/engine.ts'
import { LostSight, OperatorError } from '../../shared/operator/errors.ts'
import type { Wish } from '../../shared/operator/people.ts'
import { repairRun, resumeRun, type Started, startRun, verifyRun } from '../../shared/operator/start.ts'
import { throttleRun } from '../../shared/operator/throttle.ts'
import { planUnlock, unlock } from '../../shared/operator/unlock.ts'
import type { Checks } from './checks/checks.ts'
import type { DestinationWatch } from './checks/writes.ts'
import { type Deployment, destinationTable } from './deployment.ts'
import { Dice } from './dice.ts'
import type { Execution } from './interpreter/execution.ts'
import type { Json } from './interpreter/json.ts'
import type { StepFunctions } from './interpreter/step-functions.ts'
import { runMachineArn } from './machines.ts'
import type { LedgerStore } from './stores/ledger.ts'
import { violation } from './violation.ts'
import type { Crowd } from './workload/crowd.ts'
import type { Meddler } from './workload/meddler.ts'
import type { Writers } from './workload/writers.ts'
import type { World } from './world.ts'

/** More often than this no operator should have to resume a run, however unlucky. */
const MOST_ATTEMPTS = 40
/** How often the watchdog sweeps. */
const SWEEP_MS = 60_000
/** The longest that an abort takes: the time-outs of a slice, of settling and of a live batch, a mapping that changes, and faults. */
const MOST_ABORTING_MS = 2 * 3_600_000

/**
 * More often than this no operator should have to repeat `capture off`: it waits ten minutes each time, and a mapping
 * is stuck for three quarters of an hour at most, and then changes within minutes.
 */
const MOST_CAPTURE_OFFS = 6

/** How old what a read sees may be that is not strongly consistent. */
const STALE_MS = 25_000

/** Phases in which people interfere. */
const disturbed: Phase[] = ['Capture', 'Copy', 'Copy', 'Drain', 'Settle', 'Verify', 'Orphans']

/** How long after it was stopped an execution is redriven. It can be for 14 days. */
const redrivesMs = {
  quick: [10_000, 40_000, 300_000, 3_600_000],
  slow: [10_000, 40_000, 300_000, 20 * 3_600_000, 13 * 24 * 3_600_000],
}

/** For safely less than this long people keep capture off, if they want to resume: the stream keeps changes for a day. */
const STREAM_KEEPS_MS = 20 * 3_600_000

/** After this long some changes are lost that nobody has read. */
const STREAM_FORGETS_MS = 26 * 3_600_000

/** Once nothing goes wrong any more, live changes come to rest within this time again and again. */
const STANDSTILL_MS = 1_800_000

/** Whatever worked for a run ends within this time of its pause: slices after 15 minutes, whoever waits for them later. */
const ALL_END_MS = 3_600_000

/** Longest that people pause a run. */
const LONGEST_PAUSE_MS = 48 * 3_600_000

/** How long it may take until the live function has caught up once nothing changes any more. */
const CATCH_UP_MS = 6 * 3_600_000

export interface Surroundings {
  deployment: Deployment
  watch: DestinationWatch
  checks: Checks
  /** The application, where it writes meanwhile. */
  writers: Writers | undefined
  meddler: Meddler
  crowd: Crowd
  /** What the schedules invoke: the stream monitor, and the watchdog. */
  invoke: () => Promise<unknown>
  sweep: () => Promise<unknown>
  /** The same of the index feed, where there is one. */
  monitorFeed?: () => Promise<unknown>
  /** People have aborted the run. */
  aborted: () => void
  /** The run was given up, the destination is empty, and migrations that are right are deployed. */
  startedOver: () => void
  /** Where nothing is captured: some items become such as cannot be migrated. */
  spoil?: () => void
}

/** How one attempt to run ended: its execution, or a command that refused to start one. */
interface Attempt {
  status: Execution['status'] | 'REFUSED'
  error: { name: string; message: string } | undefined
}

/** An execution that drives a run, not one of its chunks. */
const isRun = ({ machineArn, arn }: Execution) => machineArn === runMachineArn && !arn.includes('/')

const resumes = (input: Json) =>
  typeof input === 'object' && input !== null && ('only' in input || ('resume' in input && input.resume === true))

/**
 * The people around one run: they start it, disturb it, resume it until it has finished or give it
 * up and begin another, and look at what came of it.
 */
export class Operator {
  readonly #world: World
  readonly #dice: Dice
  readonly #around: Surroundings
  readonly #stepFunctions: StepFunctions
  readonly #ledger: LedgerStore
  readonly #watch: DestinationWatch
  #started = 0
  #finished = false
  #over = false
  /** Whether people have had enough of the first run, and which it was once they have emptied the destination. */
  #givesUp = false
  #givenUp: string | undefined
  /** The destination is the application's, and the run has no part in it any more. */
  hasHandedOver = false
  /** What people will do once the run has come to a phase. */
  readonly #inPhase: { phase: Phase; disturb: () => void }[] = []
  /** Until when people leave a paused run alone. */
  #pausedUntil = 0
  /** Nobody applies live changes, and nobody monitors them. */
  #isNeglected = false
  /** People have let nobody apply live changes for a while: some may be lost. */
  #mayLose = false
  /** The console does not resume a run that was paused or aborted; the command does. */
  #toldToStop = false
  /** Of what concerns capture off, so that everything else stays as it is. */
  readonly #handing: Dice
  /** Of redrives, and of people who contradict each other, likewise. */
  readonly #redriving: Dice
  readonly #contradicting: Dice
  /** Of deployments. */
  readonly #deploying: Dice
  /** Of pauses at a time, and of who unlocks the destination. */
  readonly #ahead: Dice
  readonly #unlocking: Dice
  /** Of budgets. */
  readonly #limiting: Dice

  constructor(around: Surroundings) {
    const { world, stepFunctions, ledger } = around.deployment
    this.#around = around
    this.#world = world
    this.#dice = new Dice(world.request.seed, 'operator')
    this.#handing = new Dice(world.request.seed, 'hand over')
    this.#redriving = new Dice(world.request.seed, 'redrive')
    this.#deploying = new Dice(world.request.seed, 'deployments')
    this.#contradicting = new Dice(world.request.seed, 'contradict')
    this.#ahead = new Dice(world.request.seed, 'pauses ahead')
    this.#unlocking = new Dice(world.request.seed, 'unlock')
    this.#limiting = new Dice(world.request.seed, 'limits')
    this.#stepFunctions = stepFunctions()
    this.#ledger = ledger
    this.#watch = around.watch
  }

  /** Resolves with the id of the run once it has finished, nothing changes any more, and every change was applied. */
  async drive(): Promise<string | undefined> {
    const { writers, checks } = this.#around
    if (!this.#world.request.unattended && this.#world.request.profile !== 'calm') this.#planDisturbances()
    const { settings } = this.#world
    const { invoke, sweep } = this.#around
    const monitor = async () => this.#isNeglected || invoke()
    if (!settings.offline) void this.#schedule(settings.monitorMs, monitor, 'path: monitor failed')
    const { monitorFeed } = this.#around
    if (monitorFeed) void this.#schedule(settings.monitorMs, monitorFeed, 'path: monitor of the feed failed')
    void this.#schedule(SWEEP_MS, sweep, 'path: sweep failed')
    if (settings.budgeted && !this.#world.request.unattended) void this.#limit()
    writers?.start()
    if (this.#dice.chance(0.5)) await this.#world.scheduler.sleep(this.#dice.between(0, 20_000))
    let run = await this.#untilFinished({})
    if (run && this.#mayStartOver) run = await this.#untilFinished(await this.#startOver())
    if (!run) return undefined
    await checks.whenFinished(run)
    this.#rollBack()
    const { offline, meddled } = this.#world.settings
    const handsOver = !offline && this.#handing.chance(0.25) && !meddled
    const early = handsOver && this.#handing.chance(0.5)
    const writing = writers?.runFinished()
    // What has happened, and is not applied yet, is then lost on purpose.
    if (early && (await this.#allRests())) await this.#handOver()
    await writing
    // Somebody who started beside may have begun another run, if the destination was empty still.
    while (!(await this.#allRests())) run = await this.#untilFinished({ resume: true })
    if (!run || !(await this.#catchUp())) return undefined
    await checks.ofIndices(run)
    if (handsOver && !this.hasHandedOver) {
      checks.atTheEnd(run.id)
      await this.#handOver()
    } else if (meddled && !this.hasHandedOver) run = await this.#mend()
    else if (!this.hasHandedOver && this.#dice.chance(0.15)) await this.#lookAgain()
    if (!run) return undefined
    this.#over = true
    return run.id
  }

  /** Limits what the passes take: soon after the run has begun, and a few times more. */
  async #limit(): Promise<void> {
    const { settings, scheduler } = this.#world
    const dice = this.#limiting
    const longest = dice.pick([20_000, 120_000, 600_000])
    // In a slice of seconds no more than a few units would come in.
    const most =
      settings.sliceSeconds < 60 ? { read: [3, 6, 12], write: [1, 2, 5] } : { read: [1, 2, 8], write: [1, 2, 8] }
    for (let left = dice.whole(1, 6); left > 0; left--) {
      await scheduler.sleep(settings.tempo * dice.between(1_000, longest))
      if (this.#over) return
      const units = (kind: 'read' | 'write') =>
        Math.ceil(settings.concurrency * dice.pick(most[kind]) * dice.between(1, 1.5))
      const kinds = dice.pick(['write', 'read', 'both', 'both', 'none'] as const)
      const limits = {
        ...(kinds !== 'read' && { writeUnits: units('write') }),
        ...(kinds !== 'write' && { readUnits: units('read') }),
      }
      this.#world.hit(`operator: limits ${kinds}`)
      this.#world.story.tell('operator', `limits ${JSON.stringify(limits)}`)
      await throttleRun(this.#engine(), kinds === 'none' ? undefined : limits).catch((error) => {
        if (!OperatorError.is(error)) throw error
      })
    }
  }

  /** The run has come to this phase: people interfere at once, or in some seconds or minutes. */
  entered(phase: unknown): void {
    for (const waiting of this.#inPhase.filter((each) => each.phase === phase)) {
      this.#inPhase.splice(this.#inPhase.indexOf(waiting), 1)
      this.#world.scheduler.after(this.#dice.between(0, this.#dice.pick([500, 10_000, 300_000])), waiting.disturb)
    }
  }

  /** Deploys the release of the run again, if it is not deployed. */
  #rollBack(): void {
    const { deployment } = this.#around
    if (deployment.release !== deployment.releases.mistaken) return
    this.#world.hit('operator: rolls back')
    this.#world.story.tell('operator', 'deploys the migrations of the run again')
    deployment.deploy(deployment.releases.right)
  }

  /** Somebody deploys other migrations in the middle of a run, and mostly notices it only when the run has stopped. */
  async #deploy(): Promise<void> {
    const { deployment } = this.#around
    const { mistaken } = deployment.releases
    if (!(await readLease(this.#ledger.asOperator(), destinationTable))) return
    this.#world.hit('operator: deploys')
    this.#world.story.tell('operator', 'deploys other migrations')
    deployment.deploy(mistaken)
    if (this.#deploying.chance(0.5)) return
    await this.#world.scheduler.sleep(this.#deploying.between(1_000, 240_000))
    this.#rollBack()
  }

  async #allEnd(): Promise<void> {
    for (const execution of this.#stepFunctions.executions.values()) await execution.ended
  }

  /** Whether no execution runs any more, and the last run has finished. */
  async #allRests(): Promise<boolean> {
    await this.#allEnd()
    return (await this.#finishedRun()) !== undefined
  }

  async #catchUp(): Promise<boolean> {
    const { deployment } = this.#around
    const mapping = deployment.mapping()
    const feed = deployment.search?.mapping()
    // Where it should be on, the monitor turns it on again.
    const isOn = () => this.#world.settings.offline || this.hasHandedOver || mapping.state === 'Enabled'
    // Behind what live changes write.
    const isFed = () => !feed || (feed.state === 'Enabled' && feed.isIdle)
    for (let waited = 0; !isOn() || !mapping.isIdle || !isFed(); waited += 1_000) {
      if (waited > CATCH_UP_MS) {
        this.#world.violated(violation('unbounded', 'live changes were not applied within six hours'))
        return false
      }
      await this.#world.scheduler.sleep(1_000)
    }
    return true
  }

  /** Verifies once more, or repairs what was found, and verifies. */
  async #lookAgain(): Promise<void> {
    const { spoil } = this.#around
    const only = this.#dice.pick(['verify', 'repair'])
    if (spoil && this.#dice.chance(0.7)) {
      spoil()
      this.#world.hit('path: items spoilt after the run')
    }
    this.#world.hit(`operator: ${only}`)
    // Until what is not strongly consistent is up to date as well: then the sums must be exact.
    await this.#world.scheduler.sleep(STALE_MS)
    this.#finished = false
    const run = await this.#untilFinished({ only })
    if (run) await this.#around.checks.whenVerified(run)
  }

  /** Somebody has made the destination wrong, or does so now: it is verified, mostly, and repaired. */
  async #mend(): Promise<RunRecord | undefined> {
    const { meddler, crowd, checks } = this.#around
    if (meddler.planted.size === 0 || this.#handing.chance(0.7)) meddler.plant()
    await this.#world.scheduler.sleep(STALE_MS)
    // A repair knows only what a verification has listed since.
    const verified = await this.#untilFinished({ only: 'verify' })
    if (!verified) return undefined
    await checks.whenVerified(verified)
    crowd.beforeRepair(verified.id, verified.verification!.number)
    const repaired = await this.#untilFinished({ only: 'repair' })
    meddler.planted.clear()
    if (repaired) await checks.whenVerified(repaired)
    return repaired
  }

  async #untilFinished(first: Json): Promise<RunRecord | undefined> {
    let input = first
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const attempt = await this.#attempt(input)
      if (attempt.error?.name === 'run-in-progress') await this.#allEnd()
      const run = await this.#finishedRun()
      // A paused execution succeeds, too.
      if (run && (!('only' in (first as object)) || (attempt.status === 'SUCCEEDED' && !run.task))) return run
      if (attempt.error?.name === 'code-changed' || this.#deploying.chance(0.5)) this.#rollBack()
      this.#world.hit(`path: ended ${attempt.status === 'ABORTED' ? 'aborted' : (attempt.error?.name ?? '?')}`)
      input = await this.#next(attempt, input, first)
      // Resuming turns it on again, and nothing of what happened meanwhile is missing.
      const isLong = this.#pausedUntil - this.#world.now > STREAM_KEEPS_MS
      if (!run && !this.#world.settings.offline && !isLong && this.#handing.chance(0.1))
        await this.#captureOff('while unfinished')
      await this.#world.scheduler.sleep(this.#world.settings.tempo * this.#dice.between(500, 30_000))
      await this.#leavePaused()
      await this.#untilAborted()
    }
    const last = [...this.#stepFunctions.executions.values()].findLast(({ machineArn }) => machineArn === runMachineArn)
    this.#world.violated(
      violation('unbounded', `the run was resumed ${MOST_ATTEMPTS} times, last: ${last?.error?.message}`),
    )
    return undefined
  }

  /** Whether the last run captures: one that was paused before that has no live changes yet. */
  async #captures(): Promise<boolean> {
    const ledger = this.#ledger.asOperator()
    const lease = await readLease(ledger, destinationTable)
    return lease !== undefined && (await readCapture(ledger, lease.run)) !== undefined
  }

  /** Whether the last run began with the code that is deployed now: other migrations apply nothing of its live changes. */
  async #isOfDeployedCode(): Promise<boolean> {
    const ledger = this.#ledger.asOperator()
    const lease = await readLease(ledger, destinationTable)
    return (
      lease !== undefined && (await getRun(ledger, lease.run)).codeHash === this.#around.deployment.release.codeHash
    )
  }

  /** Leaves a paused run alone for as long as its people like: live changes continue, and nothing polls. */
  async #leavePaused(): Promise<void> {
    const { scheduler } = this.#world
    const { deployment } = this.#around
    const mapping = deployment.mapping()
    const since = this.#world.now
    this.#isNeglected = await this.#isLongAndUnread()
    if (this.#isNeglected) mapping.set(false)
    for (let idleAt = since; this.#world.now < this.#pausedUntil; ) {
      await scheduler.sleep(Math.min(60_000, this.#pausedUntil - this.#world.now))
      const isPaused = (await this.#lastCommand()) === 'pause' && (await this.#captures())
      this.#mayLose ||= deployment.release === deployment.releases.mistaken || this.#isNeglected
      const applies = isPaused && this.#world.isCalm && (await this.#isOfDeployedCode())
      if (mapping.isIdle || !applies) idleAt = this.#world.now
      if (this.#world.now - idleAt > STANDSTILL_MS)
        return this.#world.violated(violation('unbounded', 'live changes stand still while the run is paused'))
    }
    this.#isNeglected = false
    if (this.#world.now - since < ALL_END_MS) return
    this.#world.hit('path: paused for an hour')
    const polling = this.#running(({ begunAt }) => begunAt <= since)[0]
    if (polling) this.#world.violated(violation('polling', `${polling.arn} is alive while the run is paused`))
  }

  /**
   * Whether a pause lasts for longer than the stream keeps changes, and nobody reads them meanwhile: somebody has
   * disabled the mapping in the console, and the monitor is gone.
   */
  async #isLongAndUnread(): Promise<boolean> {
    const { settings, now } = this.#world
    if (settings.offline || this.#finished || this.#pausedUntil - now < STREAM_FORGETS_MS) return false
    if ((await this.#lastCommand()) !== 'pause' || !(await this.#captures()) || !this.#handing.chance(0.5)) return false
    this.#world.hit('path: changes unread for a day')
    return true
  }

  /** What the last run was told last. */
  async #lastCommand(): Promise<Command | undefined> {
    const ledger = this.#ledger.asOperator()
    const lease = await readLease(ledger, destinationTable)
    return lease && (await readControl(ledger, lease.run)).command
  }

  async #schedule(everyMs: number, invoke: () => Promise<unknown>, failed: string): Promise<void> {
    while (!this.#over) {
      await this.#world.scheduler.sleep(everyMs)
      await invoke().catch(() => this.#world.hit(failed))
    }
  }

  /** Waits until an abort, if one is under way, is announced: nobody may begin anything before. */
  async #untilAborted(): Promise<void> {
    const ledger = this.#ledger.asOperator()
    for (let waitedMs = 0; ; waitedMs += 10_000) {
      const lease = await readLease(ledger, destinationTable)
      if (!lease) return
      const run = await getRun(ledger, lease.run)
      if (run.state === 'aborted') return this.#world.hit('path: aborted')
      if (!isAborted(run, await readControl(ledger, run.id))) return
      if (waitedMs > MOST_ABORTING_MS)
        return this.#world.violated(violation('unbounded', `the abort of run ${run.id} is not announced`))
      await this.#world.scheduler.sleep(10_000)
    }
  }

  /** Runs once, started from the console or by the command. */
  async #attempt(input: Json): Promise<Attempt> {
    const begun = this.#dice.chance(0.5) && !this.#toldToStop ? this.#start(input) : await this.#byCommand(input)
    if (!('kind' in begun)) {
      await begun.ended
      this.#toldToStop = begun.error?.name === 'told-to-stop'
      if (this.#redriving.chance(0.05)) await this.#redrive(begun)
      return begun
    }
    this.#world.hit('operator: refused before starting')
    this.#world.story.tell('operator', `is refused before starting: ${begun.cause}`)
    return { status: 'REFUSED', error: { name: begun.error, message: begun.cause } }
  }

  /** Whoever is told that somebody else has just given a command acts on top of it, mostly. */
  async #byCommand(input: Json, who?: string): Promise<Execution | Extract<Started, { kind: 'refused' }>> {
    const { only, resume, ...options } = input as { only?: 'verify' | 'repair'; resume?: boolean }
    const engine = this.#engine(who)
    const begin = (wish: Wish): Promise<Started> => {
      if (only) return (only === 'verify' ? verifyRun : repairRun)(engine, wish)
      return resume ? resumeRun(engine, options, wish) : startRun(engine, options)
    }
    let started = await begin({})
    if (started.kind === 'refused' && started.error === 'somebody-acted') {
      this.#world.hit('operator: is told that somebody else acted')
      const version = await this.#lastVersion()
      if (version !== undefined && (who === undefined || this.#contradicting.chance(0.5)))
        started = await begin({ over: version })
    }
    return started.kind === 'started' ? this.#stepFunctions.executions.get(started.execution)! : started
  }

  async #lastVersion(): Promise<number | undefined> {
    const ledger = this.#ledger.asOperator()
    const lease = await readLease(ledger, destinationTable)
    return lease && (await readControl(ledger, lease.run)).version
  }

  /** What the commands work with; they reach everything at once. */
  #engine(who = 'the team'): OperatorEngine {
    const { world, source, destination, mapping } = this.#around.deployment
    const tables = { [source.memory.name]: source.memory, [destination.memory.name]: destination.memory }
    return {
      deployment: {
        name: 'the simulated stack',
        flag: '',
        account: '000000000000',
        region: 'nowhere',
        sourceTable: source.memory.name,
        destinationTable,
      },
      ledger: this.#ledger.asOperator(),
      executions: {
        describe: async (arn) => {
          if (world.strikes('status unknown')) return { status: 'unknown' }
          const execution = this.#stepFunctions.executions.get(arn)
          if (execution?.status === 'RUNNING') return { status: 'running' }
          return { status: 'ended', ended: execution?.status ?? 'FORGOTTEN' }
        },
        start: async (input) => ({ execution: this.#start(input as Json).arn, isNew: true }),
        stop: async (arn) => {
          const execution = this.#stepFunctions.executions.get(arn)
          if (execution) this.#stepFunctions.stop(execution)
        },
        running: async () => {
          const newest = this.#running(isRun).at(-1)
          return newest ? { kind: 'yes', execution: newest.arn } : { kind: 'no' }
        },
      },
      identity: async () => who,
      describeTable: async (name) => ({
        name,
        arn: name,
        schema: tables[name]!.schema,
        status: 'ACTIVE',
        itemCount: tables[name]!.size,
        sizeBytes: 0,
      }),
      openTable: ({ name }) => tables[name]!,
      mapping: { state: async () => mapping().state, set: async (enabled) => mapping().set(enabled) },
      runtime: {
        clock: () => world.now,
        random: () => this.#dice.between(0, 1),
        sleep: (ms) => world.scheduler.sleep(ms),
        emit: () => {},
      },
    }
  }

  #running(which: (execution: Execution) => boolean): Execution[] {
    return [...this.#stepFunctions.executions.values()].filter((each) => each.status === 'RUNNING' && which(each))
  }

  #start(input: Json): Execution {
    const { offline } = this.#world.settings
    // A new run is one of the migrations that are meant.
    if (!resumes(input)) this.#rollBack()
    // A run that is resumed, verified or repaired knows by itself whether it is offline.
    const asked = offline && !resumes(input) ? { offline, ...(input as object) } : input
    const execution = this.#stepFunctions.start(runMachineArn, `run-${++this.#started}`, asked)
    this.#world.story.tell('operator', `starts ${execution.arn.split(':').at(-1)} with ${JSON.stringify(input)}`)
    void execution.ended.then(() =>
      this.#world.story.tell(
        execution.arn.split(':').at(-1)!,
        `ends: ${execution.status} ${execution.error?.message ?? ''}`,
      ),
    )
    return execution
  }

  /** What the error of one execution tells people to do next. */
  async #next({ error }: Attempt, before: Json, first: Json): Promise<Json> {
    // A run that had finished before is only verified or repaired, and repaired once its verification has ended.
    if ('only' in (first as object)) return error?.name === 'nothing-to-verify' ? { only: 'verify' } : first
    if (this.#givesUp && this.#givenUp === undefined) return this.#startOver()
    if (this.#givenUp !== undefined) {
      if (error?.name === 'destination-not-empty') return this.#emptyDestination()
      const lease = await readLease(this.#ledger.asOperator(), destinationTable)
      if (!lease || lease.run === this.#givenUp) return {}
    }
    switch (error?.name) {
      case 'nothing-to-resume':
      case 'row-missing':
        return {}
      case 'run-in-progress':
      case 'slice-too-short':
        return before
      case 'changes-lost':
      case 'stream-trimmed':
        if (!this.#mayLose)
          this.#world.violated(violation('unbounded', `${error.name}, although live changes were applied all the time`))
        return this.#startOver()
      case 'destination-not-empty':
        // Where there is nothing to resume either: a run that was begun beside took the lease from one that had been stopped.
        return resumes(before) ? this.#startOver() : { resume: true }
      default:
        return { resume: true }
    }
  }

  async #finishedRun(): Promise<RunRecord | undefined> {
    const ledger = this.#ledger.asOperator()
    const lease = await readLease(ledger, destinationTable)
    if (!lease) return undefined
    const run = lease.run === this.#givenUp ? undefined : await getRun(ledger, lease.run).catch(() => undefined)
    this.#finished = run?.state === 'finished'
    return this.#finished ? run : undefined
  }

  #planDisturbances(): void {
    const dice = this.#dice
    const { tempo, disturbances } = this.#world.settings
    const soon = () => tempo * dice.between(500, dice.pick([10_000, 60_000, 180_000]))
    const perhaps = (chance: number, disturb: () => void) => {
      if (!dice.chance(chance)) return
      const unlessFinished = () => this.#finished || disturb()
      const after = soon()
      if (disturbances === 1 || dice.chance(0.4)) this.#world.scheduler.after(after, unlessFinished)
      else this.#inPhase.push({ phase: dice.pick(disturbed), disturb: unlessFinished })
    }
    for (let i = disturbances; i > 0; i--) {
      perhaps(
        0.14,
        () =>
          void this.#pause(
            Math.min(tempo * (dice.chance(0.2) ? 5_400_000 : dice.between(1_000, 120_000)), LONGEST_PAUSE_MS),
          ),
      )
      perhaps(0.15, () => void this.#command('abort'))
      perhaps(0.1, () => this.#stop(isRun))
      perhaps(0.1, () => this.#stop(({ machineArn, arn }) => machineArn !== runMachineArn || arn.includes('/')))
      if (!this.#mayStartOver) perhaps(0.1, () => this.#startBeside())
    }
    if (this.#ahead.chance(0.15))
      this.#world.scheduler.after(tempo * this.#ahead.between(500, 120_000), () => void this.#pauseAhead())
    if (this.#unlocking.chance(0.1))
      this.#world.scheduler.after(tempo * this.#unlocking.between(30_000, 120_000), () => void this.#unlock(true))
    const later = tempo * this.#deploying.between(0, this.#deploying.pick([30_000, 120_000, 300_000]))
    if (this.#deploying.chance(0.15) && !this.#world.settings.startsOver)
      this.#world.scheduler.after(later, () => this.#finished || void this.#deploy())
    if (this.#mayStartOver) perhaps(0.8, () => this.#giveUp())
  }

  get #mayStartOver(): boolean {
    return this.#world.settings.startsOver && this.#givenUp === undefined
  }

  #giveUp(): void {
    this.#givesUp = true
    this.#stop(isRun)
  }

  /** Gives the last run up; answers what to start instead. */
  async #startOver(): Promise<Json> {
    const lease = await readLease(this.#ledger.asOperator(), destinationTable)
    this.#givenUp = lease?.run ?? 'none'
    this.#world.hit('operator: starts over')
    this.#world.story.tell('operator', `gives run ${lease?.run} up`)
    // Most do as they are told, and turn live changes off before.
    if (this.#dice.chance(0.7)) await this.#captureOff()
    const input = await this.#emptyDestination()
    this.#around.startedOver()
    return input
  }

  /**
   * Repeats the command, as it says, where the mapping is stuck or somebody else's run is under way.
   * @param when nobody turns live changes off between two attempts if somebody who started beside has finished the run.
   */
  async #captureOff(when: 'always' | 'while unfinished' = 'always'): Promise<void> {
    const { settings, story, scheduler } = this.#world
    this.#world.hit('operator: turns capture off')
    story.tell('operator', 'turns capture off')
    for (let stuck = 0; ; ) {
      try {
        await captureOff(this.#engine(), settings.liveSeconds)
        story.tell('operator', 'knows that capture is off')
        // A function that outlived its stopped execution has finished the run meanwhile, and nothing turns capture on again.
        if (when === 'while unfinished' && (await this.#finishedRun())) this.#leaveOff()
        return
      } catch (error) {
        const reason = LostSight.is(error) ? error.cause : error
        const code = OperatorError.is(reason) ? reason.code : undefined
        // A run that somebody else began goes first.
        if (code === 'run-under-way') {
          await this.#allEnd()
          if (when === 'while unfinished' && (await this.#finishedRun())) return
        } else if (code === 'not-off' && ++stuck < MOST_CAPTURE_OFFS) {
          this.#world.hit('path: capture off repeated')
          story.tell('operator', 'does not know whether capture is off, and will repeat the command')
          await scheduler.sleep(this.#handing.between(0, 120_000))
        } else throw error
      }
    }
  }

  /**
   * Turns capture off for good and hands the destination to the application: from then on nothing else may write there,
   * whatever is delivered late, and although somebody enables the mapping in the console.
   */
  async #handOver(): Promise<void> {
    await this.#captureOff()
    const dice = this.#handing
    const mapping = this.#around.deployment.mapping()
    const { memory } = this.#around.deployment.destination
    this.#leaveOff()
    if (dice.chance(0.6)) mapping.set(true)
    for (let i = dice.whole(1, 10); i > 0; i--) {
      const item = memory.size > 0 ? dice.pick(memory.items()) : undefined
      if (item && dice.chance(0.3)) memory.delete(keyOf(memory.schema, item)!)
      else if (item) memory.store({ ...item, handedOver: { N: String(i) } })
      await this.#world.scheduler.sleep(dice.between(0, 60_000))
    }
    await this.#captureOff()
  }

  /** Capture is off for good: what happens from now on is not applied. */
  #leaveOff(): void {
    this.#world.hit('path: destination handed over')
    this.hasHandedOver = true
    this.#watch.handedOver()
  }

  async #emptyDestination(): Promise<Json> {
    const { memory } = this.#around.deployment.destination
    if (memory.size > 0 && this.#dice.chance(0.5)) await this.#captureOff()
    for (const item of memory.items()) memory.delete(keyOf(memory.schema, item)!)
    this.#around.meddler.planted.clear()
    this.#world.story.tell('operator', 'empties the destination')
    return {}
  }

  /** Pauses the run; whoever waits for it resumes it after that time. */
  async #pause(milliseconds: number): Promise<void> {
    if (await this.#command('pause')) this.#pausedUntil = this.#world.now + milliseconds
  }

  /** Lets the run pause by itself in some seconds or minutes, unless another execution takes the lease before. */
  async #pauseAhead(): Promise<void> {
    const at = this.#world.now + this.#world.settings.tempo * this.#ahead.between(0, 120_000)
    const told = await pauseRun(this.#engine(), {}, at)
    if (told.kind === 'refused' || told.pauseAt === undefined) return
    this.#world.hit('operator: pauses ahead')
    this.#world.story.tell('operator', `lets the run pause in ${Math.round(at - this.#world.now)} ms`)
  }

  /** Somebody frees the destination of an execution that was stopped, or of one that they stop. */
  async #unlock(stopOwner: boolean): Promise<void> {
    if (this.#finished || this.#over || this.#givesUp || this.#givenUp !== undefined) return
    try {
      const engine = this.#engine()
      const { freed } = await unlock(engine, await planUnlock(engine, { stopOwner }))
      this.#world.hit(freed ? 'operator: unlocks' : 'path: nothing to unlock')
      this.#world.story.tell('operator', freed ? `unlocks ${freed.execution}` : 'finds nothing to unlock')
    } catch (error) {
      if (!OperatorError.is(error)) throw error
      this.#world.hit(`path: unlock refused, ${error.code}`)
    }
  }

  /** Whether the run was told. */
  async #command(command: 'pause' | 'abort', who?: string): Promise<boolean> {
    const told = await (command === 'pause' ? pauseRun : abortRun)(this.#engine(who))
    if (told.kind === 'refused') return false
    this.#world.hit(`operator: ${command}`)
    this.#world.story.tell('operator', command)
    if (command === 'abort') this.#around.aborted()
    if (command === 'abort') this.#pausedUntil = Math.min(this.#pausedUntil, this.#world.now + STREAM_KEEPS_MS)
    if (this.#contradicting.chance(0.25))
      this.#world.scheduler.after(
        this.#contradicting.between(0, Math.min(600_000, 30_000 * this.#world.settings.tempo)),
        () => void this.#contradict(),
      )
    return true
  }

  /** Somebody else, who does not know of the command, gives another. */
  async #contradict(): Promise<void> {
    if (this.#finished || this.#over || this.#givesUp || this.#givenUp !== undefined) return
    this.#world.hit('operator: contradicts')
    const command = this.#contradicting.pick(['pause', 'abort', 'resume'] as const)
    if (command !== 'resume') await this.#command(command, 'somebody else')
    else await this.#byCommand({ resume: true }, 'somebody else')
  }

  #stop(which: (execution: Execution) => boolean): void {
    const running = this.#running(which)
    if (running.length === 0) return
    const execution = this.#dice.pick(running)
    this.#world.hit(
      execution.arn.includes(':run:run-') && !execution.arn.includes('/')
        ? 'operator: stops the run'
        : 'operator: stops a chunk',
    )
    this.#world.story.tell('operator', `stops ${execution.arn}`)
    this.#stepFunctions.stop(execution)
    if (isRun(execution) && this.#unlocking.chance(0.3))
      this.#world.scheduler.after(
        this.#unlocking.between(0, 90_000),
        () => void this.#unlock(this.#unlocking.chance(0.4)),
      )
    if (!isRun(execution) || !this.#redriving.chance(0.3)) return
    const later = this.#redriving.pick(redrivesMs[this.#world.request.profile === 'slow' ? 'slow' : 'quick'])
    this.#world.scheduler.after(later, () => void this.#redrive(execution))
  }

  /** Lets an execution that was stopped or has failed continue where it was, as the console offers it; until it ends. */
  async #redrive(execution: Execution): Promise<void> {
    // People leave a run alone that they have given up: its destination has been emptied.
    if (this.#givenUp !== undefined) return
    // One that has no run yet would begin one, of which nobody here knows.
    if ((this.#finished || this.#over) && !execution.children.size) return
    if (!this.#stepFunctions.redrive(execution)) return
    this.#world.hit('operator: redrives')
    this.#world.story.tell('operator', `redrives ${execution.arn} in ${execution.at?.name}`)
    await execution.ended
  }

  #startBeside(): void {
    this.#world.hit('operator: starts beside')
    void this.#attempt({ resume: this.#dice.chance(0.7) })
  }
}
