// Package history compares runs over time: what is new, what is fixed, who moved
// between states, and which edits of policies explain it.
//
// A [Run] is what two audits can be compared by. It is made of a run that has just
// ended ([Of]), read from what "audit --format json" or ndjson stored ([Read]), or
// taken from a [Store], an SQLite file that keeps a line of every audit. Findings are
// the same if their fingerprints are: numbers, prose and people do not enter those.
package history
