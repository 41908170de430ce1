// Package graphsim serves a recorded tenant as if it were Microsoft Graph: the
// read-only requests a passkey audit makes, answered from a snapshot, together
// with the token endpoint of a sign-in authority.
//
// It is what `passkeyaudit simulate` runs and what collectors are tested
// against. Two properties make it useful for that:
//
//   - What goes in comes out. Rows are served as the bytes that were recorded;
//     $select removes members and never adds or respells one. Collecting from a
//     simulated tenant gives the snapshot that was simulated.
//   - What was not recorded is not made up. A section that is not complete is
//     answered by the refusal that was recorded for it, a group that was not read
//     to the end never comes to an end, and what nobody asked for is 501 with the
//     code notRecorded.
//
// # Terms
//
// An origin is the scheme and host a request came for. The one handler serves
// Graph below /v1.0 and /beta, and the authority below /{tenant}. A fault is a
// misbehaviour of Graph that real collectors meet, made to order: see [Fault].
// Time stands still at the snapshot's takenAt: that is the Date header of every
// answer of Graph.
//
// # Limits
//
// A section is read when it is first asked for and kept as compressed blocks, with
// four bytes a row and sixteen for each key by which rows are found; there are no
// decoded objects. A million users of 360 bytes need about 55 MiB. Groups, users
// and methods are found by key; every other filter scans its section once per
// distinct filter. Options that the simulator does not understand are refused with
// status 400 naming the option. v1.0 and beta give the same answers.
//
// The authority grants tokens to clients that have a secret or a certificate. It
// does not verify the signature of a certificate's assertion.
package graphsim
