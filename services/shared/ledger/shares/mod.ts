/** Shares: positions, slices, minutes. See migrations/0002_shares.sql. @module */
export {
  addSlices,
  type LateShare,
  type Move,
  type Moved,
  movePosition,
  noteLate,
  noteWorkers,
  type SeenWorker,
  type SliceColumns,
} from "./apply.ts";
export { announceSchedule, closeThrough, type ShareBook, shareBook } from "./book.ts";
export { cleanText, type DeadLetter, keepDeadLetters } from "./dead_letters.ts";
export {
  closeLog,
  openLog,
  type OpenShareLog,
  openShareLog,
  type ShareLog,
  shareLogs,
  type SharePosition,
  sharePositions,
} from "./logs.ts";
export {
  CUT_BY_MINUTE_MINUTES,
  HOUR_MINUTES,
  MINUTE_MS,
  minuteOf,
  PAYS_BY_SUBSIDY,
  type ShareScheme,
} from "./schemes.ts";
export { lockShares } from "./share_lock.ts";
export { dropMinutes, forgetWorkers, sumUpHour } from "./upkeep.ts";
export {
  type MinuteSlice,
  slicesOfMinute,
  type SliceTotal,
  sumsOf,
  totalsBack,
  WindowNotReadable,
  type WindowSpan,
  type WindowWork,
} from "./windows.ts";
