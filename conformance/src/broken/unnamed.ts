/** Rules that must be kept and that no broken backend names, in the order of the report, each with the reason. */
export const UNNAMED: Readonly<Record<string, string>> = {}
