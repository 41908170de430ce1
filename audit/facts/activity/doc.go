// Package activity takes together what the logs of a tenant say about people: from
// where they sign in, what stopped them, which passkeys they registered and deleted.
//
// A log covers a window of days, which [Window] states. What is not in it may have
// happened before: "none seen" is never "never". Interactive sign-ins only are in the
// log of v1.0, and it names no method and no key.
package activity
