// Package entra holds Microsoft's nouns as plain values: users, groups, the
// authentication methods policy, registered methods, Conditional Access
// policies, roles.
//
// The values are decoded from JSON exactly as Microsoft Graph sends it. Three
// rules hold for every type here:
//
//   - A member this package does not model is ignored when decoding and stays in
//     the raw row; it is never an error.
//   - An enumeration value this package does not know is kept as the text it
//     came as. Callers compare and fall back to "unknown", never to the first
//     known value.
//   - Where an absent member means something else than false, zero or empty, the
//     field is a pointer and nil says "Graph did not tell".
package entra
