// Package conditionalaccess decides, for one sign-in, what the Conditional Access
// policies of a tenant demand, and says why.
//
// Policies are parsed once, by [Compile]. [Set.Evaluate] is pure: it looks at
// nothing but the compiled policies and the sign-in it is given. Every input of a
// sign-in may be unknown, and everything a policy may hold that is not modelled
// makes the answer unknown and is named. What follows from what is specified in
// docs/conditional-access.md, with the source of each rule.
package conditionalaccess
