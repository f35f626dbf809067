/** Cases are dealt one by one to several processes of this command: a slow one keeps nobody else waiting. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Case } from '../cases.js'
import type { Thoroughness } from '../context.js'
import { isBad, type RuleResult } from '../report.js'
import { lostCase } from '../run.js'
import type { Ask, FromJob, ToJob } from './job.js'
import type { Live } from './live.js'
import { Problem } from './problem.js'

/** Cases of one harness. */
export interface Work {
  /** Which of the module's harnesses. */
  readonly harness: number
  readonly cases: readonly Case[]
  readonly thoroughness: Thoroughness
  /** Where the clock starts. */
  readonly start: number | undefined
  /** The time zone, unless it is that of this process: a process has one. */
  readonly tz?: string
}

/** What came of it, in the order of the cases: not all of them, if the run was ended early. */
export interface Done {
  readonly results: readonly RuleResult[]
  /** From the beginning of the first to the end of the last. */
  readonly ms: number
}

interface JobOptions {
  /** The module with the harnesses. */
  readonly file: string
  /** This command. */
  readonly program: string
  /** So many at a time. */
  readonly jobs: number
  readonly seed: number
  /** Ends after the first failure, and with what runs beside it. */
  readonly bail: boolean
  readonly live: Live
  onResult(result: RuleResult): void
}

interface Task {
  readonly each: Case
  readonly ask: Ask
  begin(): void
  end(result: RuleResult): void
}

export async function runJobs(work: readonly Work[], options: JobOptions): Promise<Done[]> {
  const results = work.map((): RuleResult[] => [])
  const times = work.map((): number[] => [])
  const waiting = new Map<string | undefined, Task[]>()
  for (const [index, { tz, cases, harness, thoroughness, start }] of work.entries()) {
    const note = () => times[index]?.push(performance.now())
    const tasks = cases.map((each, place): Task => {
      const end = (result: RuleResult) => {
        note()
        ;(results[index] as RuleResult[])[place] = result
      }
      return { each, ask: { harness, id: each.id, seed: options.seed, thoroughness, start }, begin: note, end }
    })
    waiting.set(tz, [...(waiting.get(tz) ?? []), ...tasks])
  }
  await deal(waiting, options)
  return work.map((_, index) => {
    const own = times[index] as number[]
    const ms = own.length > 0 ? Math.round(Math.max(...own) - Math.min(...own)) : 0
    // Without the places of cases that were not run.
    return { results: Object.values(results[index] as RuleResult[]), ms }
  })
}

/** Empties the lists of tasks, each for its time zone: first that of this process. */
async function deal(waiting: ReadonlyMap<string | undefined, Task[]>, options: JobOptions): Promise<void> {
  let stopped = false
  const nextZone = () => {
    const open = [...waiting].filter(([, tasks]) => tasks.length > 0)
    // Then where most is left: the fewest processes have to be started.
    return open.find(([tz]) => tz === undefined) ?? open.sort(([, a], [, b]) => b.length - a.length)[0]
  }
  const work = async () => {
    for (let next = nextZone(); !stopped && next; next = nextZone()) {
      const [tz, tasks] = next
      const job = await Job.start(options, tz)
      while (job.isAlive && !stopped) {
        const task = tasks.shift()
        if (task === undefined) break
        task.begin()
        const result = await job.run(task)
        task.end(result)
        options.onResult(result)
        if (options.bail && isBad(result)) stopped = true
      }
      await job.end()
    }
  }
  const most = [...waiting.values()].reduce((sum, tasks) => sum + tasks.length, 0)
  const jobs = Array.from({ length: Math.min(options.jobs, most) }, () =>
    work().catch((error: unknown) => {
      stopped = true
      throw error
    }),
  )
  // Cases that still run come to their end, and remove what they made.
  for (const ended of await Promise.allSettled(jobs)) if (ended.status === 'rejected') throw ended.reason
}

const KEPT_OUTPUT = 4_000

class Job {
  readonly #child: ChildProcess
  /** How it ended, in words; null if it ended well. */
  readonly #ended: Promise<string | null>
  isAlive = true

  static async start({ program, file, live }: JobOptions, tz: string | undefined): Promise<Job> {
    const child = fork(program, ['--job', '--', file], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // In a group of its own, so that it hears of an interrupt once.
      detached: true,
      env: tz === undefined ? process.env : { ...process.env, TZ: tz },
    })
    const job = new Job(child, live)
    const answer = await job.#answer()
    if (typeof answer === 'string' && answer !== 'ready') throw new Problem(`a job did not start: ${answer}`)
    return job
  }

  private constructor(child: ChildProcess, live: Live) {
    this.#child = child
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-KEPT_OUTPUT)
      })
    const ended = new Promise<string | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        this.isAlive = false
        resolve(
          code === 0 ? null : `its process ended (${signal ?? `exit code ${code}`})${output && `: ${output.trim()}`}`,
        )
      })
    })
    this.#ended = live.watchChild(child, ended)
  }

  /** Its next answer, or how it ended without one. */
  #answer(): Promise<FromJob | string> {
    const ended = this.#ended.then((how) => how ?? 'its process ended (exit code 0)')
    return Promise.race([once(this.#child, 'message').then(([answer]) => answer as FromJob), ended])
  }

  /** Whatever happens to the process, it is in the result. */
  async run({ each, ask }: Task): Promise<RuleResult> {
    const answer = this.#answer()
    this.#tell(ask)
    const result = await answer
    return typeof result === 'string' ? lostCase(each, result) : result
  }

  #tell(message: ToJob): void {
    // That the channel broke is noticed by the end of the process.
    this.#child.send(message, () => {})
  }

  /** Lets it go. @throws if something went wrong there outside of every case */
  async end(): Promise<void> {
    if (!this.isAlive) return
    this.#tell('leave')
    const how = await this.#ended
    if (how !== null) throw new Error(`after its last case a job failed: ${how}`)
  }
}
