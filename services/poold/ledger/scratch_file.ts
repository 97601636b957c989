/** Where a rebuild keeps what it computes, unless told otherwise: the launcher lets the tool write there. */
export function scratchFile(dataDir: string): string {
  return `${dataDir}/rebuild.scratch`;
}
