// Package devices knows which devices people have in evidence: computers and phones
// of the directory and of Intune, with what Conditional Access sees of them.
package devices
