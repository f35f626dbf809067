/** A record of a CSV file with the number of its line in the file, from 1. */
export type CsvRow = { line: number; fields: string[] }

/** The records of a CSV text (RFC 4180: quoted fields, doubled quotes, line breaks inside quotes); empty lines are left out. */
export function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = []
  let fields: string[] = []
  let line = 1
  let begin = 1
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\r?\n|$)/gy
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text)
    if (match === null) throw new Error(`line ${line}: a quoted field does not end`)
    const [whole, quoted, plain = '', end] = match
    fields.push(quoted === undefined ? plain.replace(/\r$/, '') : quoted.replaceAll('""', '"'))
    line += whole.split('\n').length - 1
    if (end === ',') continue
    if (fields.length > 1 || fields[0] !== '') rows.push({ line: begin, fields })
    fields = []
    begin = line
  }
  return rows
}
