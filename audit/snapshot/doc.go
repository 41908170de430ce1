// Package snapshot reads and writes the on-disk form of a recorded tenant: a
// folder with a manifest and one file, or several segments, per section.
// FORMAT.md beside this file is the specification.
//
// A snapshot is the only thing that judging reads. It says of every section
// whether it is complete, and if not why not, so that missing data can be told
// apart from "there is none". Rows are kept as Graph sent them.
//
// Errors come in two kinds. A [*BrokenError] means that nothing trustworthy can
// be said: a file is cut off, is not JSON, or does not match its digest. A row
// that is JSON but has a modelled member of the wrong type makes its section
// partial and is listed by [Snapshot.Unreadable].
package snapshot
