// Package archtest holds the rules about who may import whom, and what may stand
// at package level, as tests. The tables are the architecture; code that does not
// fit one of them is in the wrong room.
package archtest
