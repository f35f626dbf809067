import { printable } from '../printable.js'
import { allCases, areaOf, isBad, type Report, type RuleResult } from '../report.js'

/** JUnit's XML: a suite for each area (and each time zone's), a test for each case. */
export function junitReport(reports: readonly Report[]): string {
  const suites = reports.flatMap(suitesOf)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="flujo-state conformance" ${totals(reports.flatMap(allCases))}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function suitesOf({ backend, cases, zones, seed, contractVersion, suiteVersion }: Report): string[] {
  const properties = { contractVersion, suiteVersion, seed: String(seed) }
  const areas = [...new Set(cases.map(({ rule }) => areaOf(rule)))]
  const ofArea = (area: string) => cases.filter(({ rule }) => areaOf(rule) === area)
  return [
    ...areas.map((area) => suite(`${backend}: ${area}`, backend, ofArea(area), properties)),
    ...zones.map((zone) => suite(`${backend}: ${zone.zone}`, backend, zone.cases, { ...properties, tz: zone.tz })),
  ]
}

function suite(name: string, backend: string, cases: readonly RuleResult[], properties: Record<string, string>) {
  const shown = Object.entries(properties).map(([key, value]) => `      <property${attributes({ name: key, value })}/>`)
  return [
    `  <testsuite${attributes({ name })} ${totals(cases)}>`,
    '    <properties>',
    ...shown,
    '    </properties>',
    ...cases.map((each) => testcase(each, backend)),
    '  </testsuite>',
  ].join('\n')
}

function testcase(result: RuleResult, backend: string): string {
  const { id, rule, statement, ms } = result
  const head = attributes({ name: `${id} ${statement}`, classname: `${backend}.${areaOf(rule)}`, time: seconds(ms) })
  const inner = detail(result)
  return inner === '' ? `    <testcase${head}/>` : `    <testcase${head}>${inner}</testcase>`
}

function detail(result: RuleResult): string {
  const { outcome, message, reason, cause, transcript } = result
  if (outcome === 'not-run' || outcome === 'xfail')
    return `<skipped${attributes({ message: `${outcome}: ${reason ?? ''}` })}/>`
  if (!isBad(result)) return ''
  const tag = outcome === 'error' ? 'error' : 'failure'
  const [first = ''] = (message ?? '').split('\n')
  const body = escaped([message ?? '', ...transcript].join('\n'))
  return `<${tag}${attributes({ type: cause ?? outcome, message: first })}>${body}</${tag}>`
}

function totals(results: readonly RuleResult[]): string {
  const number = (which: (result: RuleResult) => boolean) => String(results.filter(which).length)
  return attributes({
    tests: String(results.length),
    failures: number(({ outcome }) => outcome === 'fail' || outcome === 'xpass'),
    errors: number(({ outcome }) => outcome === 'error'),
    skipped: number(({ outcome }) => outcome === 'not-run' || outcome === 'xfail'),
    time: seconds(results.reduce((sum, { ms }) => sum + ms, 0)),
  }).trimStart()
}

const seconds = (ms: number) => (ms / 1000).toFixed(3)

const attributes = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(value).replaceAll('\n', '&#10;')}"`)
    .join('')

// XML has no way at all to write most control characters.
const escaped = (text: string) =>
  printable(text)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
