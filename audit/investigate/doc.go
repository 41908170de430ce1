// Package investigate answers what a help desk asks about one person: why does the
// passkey not work, and what is to be done, where and on which device.
//
// [Find] settles who is meant, [Open] narrows a snapshot to that account in one pass
// over its files, and [Read] gathers all that the snapshot tells of it: a [Dossier].
// [Judge] puts a dossier and what people answered ([Answers]) together: the stage at
// which it fails, the eight problems ranked, the way to a passkey step by step, the
// passkeys, the attempts that failed with the policies that applied, a timeline.
// Judging is a pure function of the two, quick enough that [Ask] tries every answer of
// every open question to find the one that would change the ranking most.
//
// Every sentence rests on evidence in the snapshot or on an answer, or it is a
// question. What Graph does not show is never asserted: Bluetooth, a QR code that
// hangs, the hardware inside a phone, in which Android profile a passkey is kept. The
// rules are in docs/investigate.md.
package investigate
