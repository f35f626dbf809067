/**
 * Looking at files that may not be there, and reading them. What is small is read at once: most is read in microseconds, and
 * another thread would take longer. Whether there is a file is asked first: often there is none, and an error is dear to make.
 */
import { type BigIntStats, openSync, read, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { isMissing } from './errors.js'

/** Bytes that are read without leaving the event loop: making sense of them holds it ten times as long. */
const SMALL = 1024 * 1024

/** Null if it is not there. */
export function lookAt(path: string): BigIntStats | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null
}

/** Null if it is not there. */
export async function readIfThere(path: string): Promise<Buffer | null> {
  const file = lookAt(path)
  return file && readSeen(path, file)
}

/** A file that was looked at; null if it is not there any more. */
export async function readSeen(path: string, { size }: BigIntStats): Promise<Buffer | null> {
  try {
    return size > SMALL ? await readFile(path) : readFileSync(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Null if it is not there. */
export function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

const readAsync = promisify(read)

/** So many bytes of an open file, or as many as there are. */
export async function readAt(fd: number, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  if (length <= SMALL) return bytes.subarray(0, readSync(fd, bytes, 0, length, position))
  const { bytesRead } = await readAsync(fd, bytes, 0, length, position)
  return bytes.subarray(0, bytesRead)
}

/** The names in a folder, none if it is not there. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
