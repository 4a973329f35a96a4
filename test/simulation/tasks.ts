import { type Options, parseOptions, parseRequest } from '../../shared/config/options.ts'
import { isEmpty } from '../../shared/dynamodb/is-empty.ts'
import type { TableDescription } from '../../shared/dynamodb/sdk/describe.ts'
import type { PassId, PassKind } from '../../shared/ledger/passes.ts'
import { getRun } from '../../shared/ledger/runs.ts'
import { openPass } from '../../shared/passes/open-pass.ts'
import { UndrainedError } from '../../shared/passes/slice/errors.ts'
import { executionName, type Step, step } from '../../shared/passes/slice/outcome.ts'
import { runSlice } from '../../shared/passes/slice/slice.ts'
import type { SliceTask } from '../../shared/passes/slice/start.ts'
import { copyEnded } from '../../shared/phases/check-copy.ts'
import { failChunk } from '../../shared/phases/fail-chunk.ts'
import { finishRun } from '../../shared/phases/finish.ts'
import { haltRun } from '../../shared/phases/halt.ts'
import { takeLease } from '../../shared/phases/lease.ts'
import { planPass } from '../../shared/phases/plan-pass.ts'
import { preflight } from '../../shared/phases/preflight.ts'
import { orRefused } from '../../shared/phases/refusal.ts'
import type { ShouldContinue } from '../../shared/runtime/retry.ts'
import {
  type Deployment,
  destinationTable,
  engineIn,
  type Handler,
  open,
  releaseOf,
  sourceTable,
} from './deployment.ts'
import type { Json, JsonObject } from './interpreter/json.ts'
import type { Sandbox } from './lambda/sandbox.ts'
import type { Context, Lambda } from './lambda/service.ts'
import { liveHandlers } from './live-tasks.ts'
import type { TableStore } from './stores/table.ts'
import type { World } from './world.ts'

/** The functions, one for each file of `functions/`, wired to the same use cases in the same way. */
export function lambdasOf(deployment: Deployment): Record<string, Lambda> {
  const { world } = deployment
  const { settings } = world
  const live = liveHandlers(deployment)
  const options = optionsOf(world)
  const lambda = (name: string, seconds: number, handler: Handler, reserved?: number): Lambda => ({
    name,
    seconds,
    handler,
    ...(reserved !== undefined && { reserved }),
  })
  return {
    preflight: lambda('preflight', 60, ({ input }, sandbox) =>
      orRefused(() => preflight(parseRequest(input), preflightEngine(deployment, options, sandbox))),
    ),
    lease: lambda('lease', 60, (payload, sandbox) => orRefused(() => lease(deployment, options, payload, sandbox))),
    plan: lambda('plan', 300, (task, sandbox) =>
      planPass(task as { run: string; fence: number; kind: PassKind }, {
        ...engineIn(deployment, sandbox),
        manifests: manifestsIn(deployment, sandbox),
      }),
    ),
    slice: lambda('slice', options.sliceSeconds, sliceHandler(deployment, options), options.concurrency),
    'fail-chunk': lambda('fail-chunk', 60, ({ error, ...task }, sandbox) => {
      const { Error: name, Cause: cause } = error as { Error?: string; Cause?: string }
      const reason = `${name ?? 'Unknown error'}: ${(cause ?? '').slice(0, 500)}`
      const failed = task as { run: string; pass: PassId; chunk: string; fence: number }
      return failChunk({ ...failed, reason }, engineIn(deployment, sandbox))
    }),
    copied: lambda('copied', 300, (task, sandbox) =>
      copyEnded(task as { run: string; fence: number }, engineIn(deployment, sandbox)),
    ),
    capture: lambda('capture', 60, live.capture),
    live: lambda('live', settings.liveSeconds, live.live, options.concurrency),
    drain: lambda('drain', settings.drainSeconds, live.drain),
    follow: lambda('follow', 300, live.follow),
    settle: lambda('settle', settings.settleSeconds, live.settle),
    repair: lambda('repair', settings.repairSeconds, live.repair),
    finish: lambda('finish', 300, (task, sandbox) =>
      finishRun(task as { run: string; fence: number }, engineIn(deployment, sandbox)),
    ),
    halt: lambda('halt', 300, ({ run, fence, error }, sandbox) => {
      const { Error: name, Cause: cause } = error as { Error?: string; Cause?: string }
      const halted = { error: name ?? 'unknown', cause: (cause ?? '').slice(0, 1_000) }
      return haltRun({ run: run as string, fence: fence as number, ...halted }, engineIn(deployment, sandbox))
    }),
  }
}

export function optionsOf({ settings }: World): Options {
  const { sliceSeconds, splitAfterSeconds, concurrency, segments } = settings
  return parseOptions({ sourceTable, destinationTable, sliceSeconds, splitAfterSeconds, concurrency, segments })
}

function describe(deployment: Deployment, sandbox: Sandbox, name: string): Promise<TableDescription> {
  const { schema, size } = (name === sourceTable ? deployment.source : deployment.destination).memory
  const ms = deployment.world.settings.requestMs
  return sandbox.request({ name: `describe ${name}`, ms, write: false }, async () => ({
    name,
    arn: `arn:aws:dynamodb:us-east-1:0:table/${name}`,
    schema,
    status: 'ACTIVE',
    itemCount: size,
    sizeBytes: size * 100,
    ...(name === sourceTable && {
      stream: { arn: deployment.stream.memory.arn, viewType: 'NEW_AND_OLD_IMAGES' },
    }),
  }))
}

function preflightEngine(deployment: Deployment, options: Options, sandbox: Sandbox) {
  return {
    describe: (name: string) => describe(deployment, sandbox, name),
    open: ({ name }: TableDescription) =>
      open(deployment, sandbox, name === sourceTable ? deployment.source : deployment.destination),
    options,
    ...engineIn(deployment, sandbox),
    stream: deployment.stream.memory.arn,
  }
}

async function lease(deployment: Deployment, options: Options, payload: JsonObject, sandbox: Sandbox) {
  const { execution, input, split } = payload as { execution: string; input: Json; split?: boolean }
  const request = parseRequest(input)
  const { schema } = await describe(deployment, sandbox, destinationTable)
  const status = async (arn: string) => {
    const found = deployment.stepFunctions().executions.get(arn)
    // Describing is eventually consistent.
    const lag = deployment.world.dice.between(0, 1_500)
    const over = found === undefined || (found.endedAt !== undefined && deployment.world.now - found.endedAt > lag)
    return over ? ('ended' as const) : ('running' as const)
  }
  return takeLease(
    execution,
    { ...request, split: split ?? request.split },
    {
      ...engineIn(deployment, sandbox),
      executions: {
        status: (arn) => sandbox.request({ name: 'describe execution', ms: 30, write: false }, () => status(arn)),
      },
      source: sourceTable,
      destination: destinationTable,
      schema,
      ...deployment.release,
      segments: options.segments,
      isEmpty: () => isEmpty(open(deployment, sandbox, deployment.destination)),
    },
  )
}

function manifestsIn({ stepFunctions }: Deployment, sandbox: Sandbox) {
  return {
    write: (key: string, items: readonly object[]) =>
      sandbox.request({ name: 'put manifest', ms: 40, write: true }, async () => {
        stepFunctions().putObject('manifests', key, items as unknown as Json)
        return { bucket: 'manifests', key }
      }),
  }
}

function sliceHandler(deployment: Deployment, options: Options): Handler {
  return async (payload, sandbox, context: Context) => {
    const { slice, ...task } = payload as unknown as SliceTask & { slice: Step }
    const { ledger, runtime } = engineIn(deployment, sandbox)
    const { migrations, codeHash } = releaseOf(await getRun(deployment.ledger.asOperator(), task.run))
    const sliceMs = options.sliceSeconds * 1000
    const stores: Record<string, TableStore> = {
      [sourceTable]: deployment.source,
      [destinationTable]: deployment.destination,
    }
    const passes = {
      ledger,
      runtime,
      open: (name: string, _: unknown, shouldContinue: ShouldContinue) =>
        open(deployment, sandbox, stores[name]!, shouldContinue),
      migrations,
      sliceMs,
    }
    try {
      const outcome = await runSlice(task, {
        ledger,
        openPass: (run, pass, shouldContinue) => openPass(run, pass, shouldContinue, passes),
        runtime,
        deadline: { remainingMs: () => context.getRemainingTimeInMillis() },
        codeHash,
        sliceMs,
        splitAfterMs: options.splitAfterSeconds * 1000,
      })
      return step(outcome, slice, executionName(task, `c${runtime.clock().toString(36)}`))
    } catch (error) {
      if (!(error instanceof UndrainedError)) throw error
      deployment.world.hit('path: exit undrained')
      sandbox.die('Lambda.Unknown', 'The process has exited.')
      return new Promise(() => {})
    }
  }
}
