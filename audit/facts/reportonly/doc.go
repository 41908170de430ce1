// Package reportonly folds what sign-in logs say of policies that are on trial: for every
// report-only policy, who met it, on which system, with which app and type of client, and
// who did not. It also knows from which systems people were seen signing in, and whether
// the device was a registered one or only what the client says of itself.
package reportonly
