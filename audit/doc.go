// Package audit is the vocabulary of judging: what a check is, what it may read,
// and what it reports.
//
// A [Check] is a plain value that declares the sections and facts it reads and
// has one function that reports findings. A [Fact] is shared work (who is in
// which group, what the methods policy allows) that several checks need; it is
// derived once per run. Checks and facts see the snapshot only through a [Pass],
// which refuses what was not declared: a declaration that has drifted from the
// code makes the check unknown instead of silently wrong.
//
// Nothing here plans or runs checks; package runner does. Nothing here has a
// clock, a network or a random number: the same snapshot gives the same bytes.
package audit
