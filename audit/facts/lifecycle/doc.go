// Package lifecycle takes together what a passkey went through: where its copy on the
// device and its entry in Entra have come apart, what says so in which order, and what
// else could explain it.
//
// There are four kinds. Left: the device has a copy of a passkey that Entra does not
// have. Gone: Entra lists a passkey whose copy is gone. Refused: both are there, and
// policy or a new name stands between them. Blocked: a device refuses to register one
// because it has one. Only of the third can a snapshot be proof.
//
// A chain is what happened, the oldest first. Its links point into rows of the snapshot
// and carry no values; [Quote] reads those.
package lifecycle
