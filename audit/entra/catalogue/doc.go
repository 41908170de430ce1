// Package catalogue holds what Microsoft and others publish about passkeys as
// data: models by AAGUID, where passkeys work, what sign-in errors and audit
// activities mean, Conditional Access templates, built-in authentication
// strengths, controls of benchmarks.
//
// Every entry names its source and that source's date. A catalogue is as old as
// its sources: what it does not hold is not known, never untrue. Where a tenant
// answers the same question, its answer goes first.
//
// Models, support matrix and sign-in errors can be replaced by newer files: they are
// asked of a [Catalogue], which says of which edition each is. The others come with the
// program.
//
// Each file is decoded once, when it is first asked for. What the functions return
// is shared: callers do not change it.
package catalogue
