// Package collect turns a tenant behind Microsoft Graph into a snapshot. It
// knows what each section of a snapshot is made of, which is [Catalogue], and
// reads it, which is [Run].
//
// # What a run promises
//
//   - Rows are what Graph sent. Three things are put together by this package,
//     textually and without touching the rest: passkeyProfiles inside the methods
//     policy, federationConfiguration at the end of a federated domain, and
//     registeredUsers at the end of a device read through its user. Rows of
//     groupMembers and authenticationMethods are made here.
//   - A section that cannot be read never stops the others. Its entry says why, by
//     one table (classify.go).
//   - A page becomes part of a section whole or not at all. An interrupted run
//     leaves a snapshot that opens, in which unfinished sections are not collected.
//   - Sections of many rows are read in slices. What was committed at the end of a
//     slice is not lost, whatever ends the run; a later one with [Options.Resume]
//     goes on and comes to the same digests. Page tokens are never kept: they live
//     for minutes, and an unfinished slice is read again from its start.
//   - What is written does not depend on timing, except for the entries' own times.
//   - Memory does not grow with rows, only by ids: about 24 bytes for each user and
//     for each row of the registration report, and of the listing being read.
//
// # Terms
//
// The first answer of Graph gives the clock: takenAt, and the end of every window
// of events. A narrowed run, of one user or of some groups, reads policies whole
// and of people only those asked for; its per-user sections are partial with the
// reason "scope".
//
// # Limits
//
// The registration report cannot be counted. Read in parts it is taken for whole if it
// has the names that accounts begin with and all but a twentieth of enabled members.
//
// Directory audits are read by service, so the rows of that section are in order
// of time only within one service. Sign-ins are the interactive ones that v1.0
// lists.
package collect
