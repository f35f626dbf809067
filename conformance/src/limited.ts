/** Rejects with what `late` makes if the promise takes longer; nobody waits for it then. */
export async function limited<T>(pending: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs)
  })
  // After the limit a rejection is nobody's.
  pending.catch(() => {})
  try {
    return await Promise.race([pending, timeout])
  } finally {
    clearTimeout(timer)
  }
}
