// Package runner plans a set of checks, runs them on a snapshot and settles how
// each one ended.
//
// Checks run in parallel and share facts, each derived once. Nothing is decided
// while they run: an outcome depends on which sections turned out to have
// unreadable rows, so all outcomes are settled at the end, by one rule (see
// [Settle]), and emitted in a fixed order. No check handles a refused section.
package runner
