// Package replay holds the Conditional Access engine against the tenant's own sign-in
// log: it decides recorded sign-ins anew with what the log tells of them, and compares
// policy by policy with what Entra wrote down. It compares with answers of Graph's
// What-If in the same way.
package replay
