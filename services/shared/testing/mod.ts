/** What tests of every room share. Imported by tests only. */
export {};
