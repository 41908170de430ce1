// Package change reads a proposed change to a tenant, written as the requests one
// would send to Microsoft Graph or as the objects that would be there afterwards, and
// makes it on a snapshot in memory. Nothing is sent anywhere.
//
// What a request does is what Graph documents; where Microsoft's pages leave it open,
// a note says what was taken for granted. A request that is not understood whole is an
// error: a preview of half a change would be worse than none. docs/preview.md lists
// what is understood.
package change
