// Command bench measures judging on synthetic tenants, stage by stage: opening, the
// floor, every fact, every check, and as processes "audit" and "readiness --users". "make bench" runs
// it; docs/performance.md holds figures and says how to read them.
//
// The floor is what no judging can go below without reading less: decompress the
// sections that a command uses and decode their rows, plainly, to the members that
// are used, on all processors, keeping nothing. Budgets are multiples of it, so that
// they mean the same on a faster machine.
//
// Every stage runs in a process of its own, so that peak memory is its own, several
// times; the quickest counts, because whatever else runs can only make it slower.
package main
