// Package bootstrap proves for every person that a way to a first passkey exists, or
// names the fewest objects that have to change to open one.
//
// People whom nothing in the snapshot tells apart are one class. For a class the
// search tries attempts: a place, a device, a surface on which Entra lets people
// register, what they do to sign in there, and the kind of passkey they register.
// Each attempt costs what it assumes and what it needs of others (see costs.go), and
// the cheapest one that meets no obstacle is the way. Where every attempt meets an
// obstacle, the smallest set of objects whose change opens one is what blocks.
//
// Everything is done twice, with what is not known taken to help and to hurt; what
// comes out the same both times is known. The rules, with their sources, are in
// docs/bootstrap.md.
package bootstrap
