// Package redact makes a pseudonymised copy of a snapshot: names, user principal names,
// mail addresses, ids, addresses, device names, and the names of groups and policies are
// others, everywhere, also in free text and in members that nobody modelled. What is
// judged stays: the audit of the copy finds the same.
//
// It denies by default. A text stays only where its member holds words of Microsoft's
// vocabulary, where it is a time, or where it is an id that everybody has (roles,
// applications, licences, models of keys). All else becomes a pseudonym, a keyed hash
// (HMAC-SHA-256) of the text: equal texts stay equal, in whatever section and letter case
// they stand, and without the key nobody can try whether a name gives a pseudonym.
//
// Addresses are mapped bit by bit, so that addresses and ranges that share a prefix still
// do (the scheme of Crypto-PAn, Xu et al. 2002): which address lies in which named location
// does not change.
package redact
