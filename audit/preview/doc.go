// Package preview compares a tenant as it is with the tenant as it would be after a
// change: who loses a usable passkey or becomes trapped, who is freed, whose standing
// gets worse otherwise, and which recorded sign-ins would have been blocked or
// interrupted.
//
// Both are judged whole by the same engines; there is no shortcut for changes, so a
// preview says what judging the changed tenant would say. docs/preview.md tells what
// goes where.
package preview
