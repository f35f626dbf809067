type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The object without its undefined properties. */
export function present<T extends object>(record: T): Present<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Present<T>
}
