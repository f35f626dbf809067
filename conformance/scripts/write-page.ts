/** Writes the page: `tsx scripts/write-page.ts PAGE REPORT.json …` */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Report } from '../src/report.js'
import { pageOf } from './page.js'

const [page = '', ...files] = process.argv.slice(2)
writeFileSync(page, pageOf(files.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as Report | Report[])))
