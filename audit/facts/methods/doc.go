// Package methods knows what the authentication methods policy allows each
// person, and what each person has.
//
// [Policy] is the effective policy: who is in scope of which method, which
// passkey profiles apply to whom, what they accept when a passkey is registered
// and when it is used. [Holdings] is what is registered, from the per-user
// listing where somebody was asked and from the registration report otherwise.
// [Usable] puts the two together: who holds a method that counts as strong
// authentication and may use it today.
package methods
