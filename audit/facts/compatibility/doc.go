// Package compatibility tells where the passkeys of people work: it puts questions to the
// support matrix for what the sign-in log shows of systems, browsers and apps.
//
// What a client says of itself is not verified, and the log of v1.0 names neither the
// passkey nor whether a broker helped: an answer that hangs on those is unknown.
package compatibility
