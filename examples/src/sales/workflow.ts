/** The sales report: a workflow with real work on a real file, a background task, and a person who must agree. */
import { createHash } from 'node:crypto'
import { appendFile, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { defineWorkflow, type StepContext, step } from '@flujo-state/runner'
import { cleanOrders, type Order, type Rejected } from './clean.js'
import { type CsvRow, parseCsv } from './csv.js'
import { aggregate, estimate, type Figures, type Interval } from './figures.js'
import { renderReport } from './report.js'

/** What the person says who is asked for approval. */
type Decision = { approved: boolean; by: string }
type SalesInput = {
  /** The exported orders. */
  csv: string
  /** Where everything is written. */
  folder: string
}

/** Each execution of a step leaves a line in the journal: how often a step really ran is there to be seen. */
async function journal(ctx: StepContext, folder: string): Promise<void> {
  await appendFile(join(folder, 'journal.txt'), `${ctx.stepName} ${ctx.runId} pid ${process.pid}\n`)
}

const read = step('read', async (ctx, { csv, folder }: SalesInput) => {
  ctx.context.csv = csv
  ctx.context.folder = folder
  await journal(ctx, folder)
  const [, ...rows] = parseCsv(await readFile(csv, 'utf8'))
  ctx.log(`${rows.length} rows in ${basename(csv)}`)
  return rows
})

const clean = step('clean', async (ctx, rows: CsvRow[]) => {
  await journal(ctx, ctx.context.folder)
  const cleaned = cleanOrders(rows)
  ctx.log(`${cleaned.orders.length} orders; ${cleaned.rejected.length} rows cannot be mended`)
  return cleaned
})

const sum = step('aggregate', async (ctx, { orders, rejected }: { orders: Order[]; rejected: Rejected[] }) => {
  await journal(ctx, ctx.context.folder)
  return aggregate(orders, rejected)
})

const bootstrap = step('estimate', async (ctx, figures: Figures) => {
  await journal(ctx, ctx.context.folder)
  const countries = Object.keys(figures.values).length
  const intervals: Interval[] = []
  for await (const interval of estimate(figures.values)) {
    intervals.push(interval)
    ctx.log(`${interval.country} (${intervals.length} of ${countries})`, { done: intervals.length, of: countries })
    // Told to stop: give up here, and begin anew on resume.
    ctx.signal.throwIfAborted()
  }
  return { figures, intervals }
})

const write = step('report', async (ctx, { figures, intervals }: { figures: Figures; intervals: Interval[] }) => {
  const { folder, csv } = ctx.context
  await journal(ctx, folder)
  // Needs nobody's approval, and nobody waits for it.
  await ctx.startBackgroundTask(archive, { input: { csv, folder }, taskId: 'archive' })
  const text = renderReport(figures, intervals)
  const file = join(folder, 'draft.md')
  await writeFile(file, text)
  ctx.log(`${text.split('\n').length} lines in draft.md`)
  return { file, sha256: createHash('sha256').update(text).digest('hex') }
})

type Draft = { file: string; sha256: string }

const approve = step('approve', async (ctx, draft: Draft) => {
  await journal(ctx, ctx.context.folder)
  const { approved, by } = await ctx.pause<Decision>('may draft.md be published?')
  if (!approved) throw new Error(`${by} does not want the report to be published`)
  ctx.context.approvedBy = by
  return draft
})

const publish = step('publish', async (ctx, { file, sha256 }: Draft) => {
  const { folder, approvedBy } = ctx.context
  await journal(ctx, folder)
  await mkdir(join(folder, 'published'), { recursive: true })
  const published = join(folder, 'published', 'sales-2026-q3.md')
  // What was approved, and nothing else.
  const found = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  if (found !== sha256) throw new Error('draft.md was changed after it was written')
  await copyFile(file, published)
  ctx.log(`approved by ${approvedBy}`)
  return { published }
})

export const sales = defineWorkflow({
  id: 'sales-report',
  name: 'Sales report',
  version: '1',
  steps: [read, clean, sum, bootstrap, write, approve, publish],
})

const compress = step('compress', async (ctx, { csv, folder }: SalesInput) => {
  ctx.context.csv = csv
  await journal(ctx, folder)
  const file = join(folder, 'orders.csv.gz')
  await writeFile(file, await promisify(gzip)(await readFile(csv)))
  return file
})

const verify = step('verify', async (ctx, file: string) => {
  const unpacked = await promisify(gunzip)(await readFile(file))
  if (!unpacked.equals(await readFile(ctx.context.csv))) throw new Error('the archive is not what was archived')
  return file
})

/** The background task that the sales report starts. */
const archive = defineWorkflow({ id: 'archive', name: 'Archive', version: '1', steps: [compress, verify] })
