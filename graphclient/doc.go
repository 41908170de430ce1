// Package graphclient reads Microsoft Graph over HTTP and nothing else: it
// signs in, builds requests, follows pages, batches, waits when it is told to,
// and hands back raw JSON. It knows no Entra types and decides nothing about a
// tenant.
//
// # Parts
//
//   - [Config] and [New] choose a cloud and a way to sign in.
//   - [Request] values come from constructors such as [Users] or [SignIns]. They
//     say what is read, which [Bucket] of Graph's limits pays for it, and how the
//     snapshot's manifest names it ([Request.String]).
//   - [Client.Get], [Client.Count], [Client.Post], [Client.Pages] and
//     [Client.Batch] run them.
//   - [Guard] is the last link before the wire. It refuses whatever is not a
//     read, so that no bug above it can change a tenant.
//   - [Error], [CredentialError], [ConfigError], [GuardError], [HostError],
//     [RedirectError] and [PagingError] are what can go wrong.
//
// # How a request travels
//
// Request builders of msgraph-sdk-go make the URL, its adapter and azidentity
// sign it, and from there on the request is ours: our own HTTP client sends it
// and jsontext reads the answer while it arrives. The SDK's own pipeline, models,
// page iterator and batch helper stay unused: the models turn unknown enum values
// into known ones and lack passkey profiles, and the pipeline counts its retry
// waits against one 100-second timeout.
//
// # Limits
//
// Answers are raw bytes: members, order and numbers stay as Graph sent them.
// Duplicate member names, invalid UTF-8 and a byte order mark are errors, since
// readers would not agree on what such a document means. A page is handed out
// only when it was read to its end. Next links are followed only on the host that
// was asked. A [Client] may be used by several goroutines at once.
//
// Neither errors nor log lines carry tokens; paths in them carry no user
// principal names.
package graphclient
